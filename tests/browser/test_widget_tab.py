"""An owner puts the chatbot on a website: the site, the look beside its preview, the line to paste."""

import re

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.another_site import another_site
from tests.browser.chromium import OpenWindow
from tests.browser.site import Site, localhost
from tests.pages import text_of
from tests.waiting import PATIENCE

SHOP = "https://www.bikes.example"
GREETING = "Ahoy! What would you like to know?"
QUESTION, COMMENT = "When does the night tour start?", "Not in winter."
# In which white is hard to read, and black is not.
YELLOW, YELLOW_RGB = "#ffd43b", "rgb(255, 212, 59)"
BLACK = "rgb(0, 0, 0)"


def test_an_owner_lists_a_site_sets_the_look_and_copies_the_snippet(site: Site, open_window: OpenWindow) -> None:
    window = open_window(permissions=["clipboard-read", "clipboard-write"])
    page = site.sign_in(window)
    page.goto(site.address("chatbot/"))
    page.get_by_role("link", name="Widget", exact=True).click()
    expect(page.locator("p.wrong")).to_contain_text("The chat appears nowhere: no site is listed.")
    list_the_site(page)
    set_the_look(page)
    visit(site, copy_the_snippet(page))
    see_that_it_was_there(page)
    right_what_was_rated_down(page)
    remove_the_site(page)


def list_the_site(page: Page) -> None:
    field = page.get_by_label("Add a site")
    field.fill(f"{SHOP}/rental?from=ad")
    page.get_by_role("button", name="Add site").click()
    expect(field).to_be_focused()
    expect(field).to_have_value(f"{SHOP}/rental?from=ad")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(SHOP.removeprefix("https://"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The site is listed. The chat answers there from now on.")
    expect(page.get_by_role("listitem").filter(has_text=SHOP)).to_contain_text("not seen yet")
    expect(page.locator("p.wrong")).to_have_count(0)


def set_the_look(page: Page) -> None:
    """The preview follows what is typed, before anything is saved."""
    page.get_by_role("link", name="Change the look").click()
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text("Ask a question")
    page.get_by_label("Title").fill("Harbour Bikes")
    page.get_by_label("Greeting").fill(GREETING)
    page.get_by_label("Suggested questions").fill("When are you open?\n\nIs a helmet included?")
    for words in ("Harbour Bikes", GREETING):
        expect(preview).to_contain_text(words)
    expect(preview.locator(".chat-suggestions li")).to_have_text(["When are you open?", "Is a helmet included?"])
    choose_a_colour(page, preview)
    source = preview.get_by_text("Opening hours")
    expect(source).to_be_visible()
    page.get_by_label("See the sources").uncheck()
    expect(source).to_be_hidden()
    page.get_by_label("Language of the widget").select_option("de")
    expect(preview).not_to_contain_text("Ask a question")
    page.get_by_label("See the sources").check()
    expect(preview).to_contain_text("Quellen")
    page.get_by_label("See the sources").uncheck()
    page.get_by_role("button", name="Save look").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(preview).to_contain_text(GREETING)
    expect(page.get_by_label("Colour", exact=True)).to_have_value(YELLOW)


def choose_a_colour(page: Page, preview: Locator) -> None:
    warning = page.get_by_text("Text of this colour would be hard to read")
    expect(warning).to_be_hidden()
    page.get_by_label("Choose the colour").fill(YELLOW)
    expect(page.get_by_label("Colour", exact=True)).to_have_value(YELLOW)
    expect(warning).to_be_visible()
    badge = preview.locator(".chat-badge")
    expect(badge).to_have_css("background-color", YELLOW_RGB)
    expect(badge).to_have_css("color", BLACK)
    page.get_by_label("Light or dark").select_option("dark")
    expect(warning).to_be_hidden()
    page.get_by_label("Light or dark").select_option("auto")


def copy_the_snippet(page: Page) -> str:
    """The id of the widget."""
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Widget").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    line = page.evaluate("() => navigator.clipboard.readText()")
    found = re.fullmatch(r'<script async src="http://localhost:\d+/widget/(wgt_\w+)\.js"></script>', line)
    assert found, line
    return found[1]


def visit(site: Site, widget: str) -> None:
    """A visitor of the site asks, and does not like the answer."""
    with httpx.Client(base_url=site.stack.base_url, timeout=PATIENCE) as browser:
        admitted = browser.post(f"/widget/v1/ticket/{widget}", headers={"origin": SHOP}, json={}).raise_for_status()
        browser.headers["authorization"] = f"Bearer {admitted.json()['ticket']}"
        asked = browser.post("/widget/v1/chat", json={"message": QUESTION}).raise_for_status()
        rated = {"rating": "down", "comment": COMMENT}
        browser.post(f"/widget/v1/turns/{asked.headers['x-request-id']}/rating", json=rated).raise_for_status()


def see_that_it_was_there(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text=SHOP)).to_contain_text("seen there")
    expect(page.get_by_role("region", name="Daily budget")).to_contain_text("1 of 150 credits are spent today.")


def right_what_was_rated_down(page: Page) -> None:
    page.get_by_role("link", name="Conversations", exact=True).click()
    page.get_by_label("Rating").select_option("Rated down")
    page.get_by_role("button", name="Show").click()
    row = page.get_by_role("row", name=QUESTION)
    expect(row).to_contain_text("Widget")
    row.get_by_role("link").click()
    expect(page.get_by_role("article")).to_contain_text(f"rated down “{COMMENT}”")
    page.get_by_role("link", name="Correct this answer").click()
    expect(page.get_by_role("textbox", name="Question")).to_have_value(QUESTION)
    page.get_by_role("link", name="Widget", exact=True).click()


def remove_the_site(page: Page) -> None:
    page.get_by_role("link", name=f"Remove {SHOP}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove site").click()
    expect(page.get_by_role("status")).to_contain_text("The site is off the list.")
    expect(page.locator("p.wrong")).to_contain_text("no site is listed")


def test_the_preview_stays_in_sight_and_fits_a_phone(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    page.goto(site.address("chatbot/widget/look"))
    preview = page.get_by_role("complementary", name="Preview")
    page.get_by_label("Pages without the chat").scroll_into_view_if_needed()
    expect(preview).to_be_in_viewport()
    page.set_viewport_size({"width": 320, "height": 640})
    box = preview.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def test_the_example_of_the_documentation_opens_the_chat(site: Site, open_window: OpenWindow) -> None:
    chatbot = site.stack.json("bot", "create", "Example", "--account", site.account)["id"]
    script = localhost(site.stack.json("widget", "show", chatbot)["html"].split('"')[1])
    html = text_of("docs/widget-example.html").replace("https://chat.example.com/widget/wgt_….js", script)
    assert script in html
    with another_site(html) as port:
        site.stack.json("widget", "origin", "add", chatbot, f"http://127.0.0.1:{port}")
        page = open_window().page()
        page.goto(f"http://127.0.0.1:{port}")
        page.get_by_role("button", name="Ask us anything").click()
        expect(page.frame_locator("iframe").get_by_text("Hello! How can I help?")).to_be_visible()
