"""People come into an account, get other roles, and leave: what they see changes with their next click."""

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.site import PASSWORD, Site

GRACE = "grace@example.com"
CLICKS = 12


def test_a_role_changes_and_ends_at_the_next_click(site: Site, open_window: OpenWindow) -> None:
    owner, grace = site.sign_in(open_window()), open_window().page()
    link = invite(site, owner)
    join(grace, link)
    link_is_used_up(open_window().page(), link)

    grace.goto(site.address("chatbot/questions/new"))
    grace.get_by_label("Question").fill("Are dogs allowed?")
    grace.get_by_label("Answer").fill("Yes.")
    become(owner, "viewer")
    grace.get_by_role("button", name="Save").click()
    expect(grace.get_by_role("main")).to_contain_text("Your role (viewer) can't do this. It takes an editor")
    grace.goto(site.address("chatbot/questions"))
    expect(grace.get_by_role("row", name="Is there parking?")).to_be_visible()
    expect(grace.get_by_text("Are dogs allowed?")).to_be_hidden()
    expect(grace.get_by_role("link", name="New pair")).to_be_hidden()

    owner.get_by_role("link", name="Remove Grace").click()
    owner.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(owner.get_by_role("status")).to_have_text("The person is no member any more.")
    grace.get_by_role("link", name="Conversations").click()
    expect(grace.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert "Harbour Bikes" not in grace.content()
    # Whichever of the two processes makes the page.
    for _ in range(CLICKS):
        assert grace.request.get(site.address("chatbot/conversations")).status == 404


def test_what_they_did_is_read_without_scrolling_sideways(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    # No other test finds it there.
    for act in ("add", "remove"):
        site.stack.json("widget", "origin", act, site.chatbot, "https://www.people.example")
    page.goto(site.address("account/audit"))
    expect(page.get_by_role("cell", name="Changed where the widget answers").first).to_be_visible()
    assert page.locator(".scroller").evaluate("table => table.scrollWidth - table.clientWidth") == 0


def invite(site: Site, owner: Page) -> str:
    """The link, which is shown once."""
    owner.goto(site.address("account/members"))
    owner.get_by_role("link", name="Invite").click()
    owner.get_by_label("E-mail address").fill(GRACE)
    owner.get_by_label("Role").select_option("editor")
    owner.get_by_role("button", name="Make a link").click()
    link = owner.locator("#link").inner_text()
    owner.reload()
    expect(owner.get_by_role("heading", name="This invitation was made before")).to_be_visible()
    assert link not in owner.content()
    owner.get_by_role("link", name="Done").click()
    expect(owner.get_by_role("row", name=GRACE)).to_contain_text("editor")
    return link


def join(grace: Page, link: str) -> None:
    grace.goto(link)
    expect(grace.get_by_role("main")).to_contain_text("You are invited to the account Harbour Bikes as an editor")
    grace.get_by_label("Your name").fill("Grace")
    grace.get_by_label("Password").fill(PASSWORD)
    grace.get_by_role("button", name="Join").click()
    expect(grace.get_by_role("link", name="Help desk")).to_be_visible()
    sections = grace.get_by_role("navigation", name="Account")
    expect(sections.get_by_role("link")).to_have_text(["Chatbots", "Usage"])
    expect(grace.get_by_role("link", name="New chatbot")).to_be_hidden()


def link_is_used_up(stranger: Page, link: str) -> None:
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="This link has ended")).to_be_visible()
    expect(stranger.get_by_role("main")).to_contain_text("This link was used or is too old.")


def become(owner: Page, role: str) -> None:
    owner.reload()
    owner.get_by_role("link", name="Change the role of Grace").click()
    owner.get_by_role("dialog").get_by_label("Role").select_option(role)
    owner.get_by_role("dialog").get_by_role("button", name="Change role").click()
    expect(owner.get_by_role("row", name="Grace")).to_contain_text(role)
