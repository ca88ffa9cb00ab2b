"""Forms and what people do to them: send twice, go back, load again, have two of them open, come back the next day."""

import re

from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.chromium import OpenWindow
from tests.browser.freezing import frozen
from tests.browser.site import PASSWORD, Site, email_of

# As another browser names itself, so that its session is known from the others.
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def test_a_form_that_is_sent_twice_makes_one_thing(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.goto(site.address("account/new"))
    page.get_by_label("Name").fill("Twice")
    with frozen(site.stack, "auth"):
        press_twice(page, page.get_by_role("button", name="Create chatbot"))
    expect(page.get_by_role("status")).to_contain_text("The chatbot was created.")
    (once,) = sent
    # As a browser does that keeps nobody from it.
    fields = once.post_data_json
    assert page.request.post(once.url, form=fields, headers={"origin": site.url}).ok
    # The reply to the form led here: neither this page nor the one before makes another.
    page.reload()
    expect(page.get_by_role("status")).to_be_hidden()
    page.go_back()
    page.goto(site.address("account/"))
    expect(page.get_by_role("link", name="Twice")).to_have_count(1)


def press_twice(page: Page, button: Locator) -> None:
    """As a hand does, which waits neither for a button that is off nor for a page on its way."""
    box = button.bounding_box()
    assert box
    for _ in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_what_was_typed_stands_with_what_is_wrong_and_the_focus_is_there(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    page.goto(site.address("account/"))
    page.get_by_role("link", name="New chatbot").click()
    send_a_blank_name(page.get_by_role("dialog"))
    page.goto(site.address("account/new"))
    send_a_blank_name(page.get_by_role("main"))


def send_a_blank_name(place: Locator) -> None:
    field, button = place.get_by_label("Name"), place.get_by_role("button", name="Create chatbot")
    field.fill("   ")
    button.click()
    expect(field).to_have_accessible_description(re.compile("^Name must be"))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("   ")
    expect(field).to_be_focused()
    expect(button).to_be_enabled()


def test_two_tabs_remove_the_same_source(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    pages = [site.sign_in(window), window.page()]
    add_a_text(site, pages[0], "Bells")
    pages[1].goto(site.address("chatbot/sources"))
    for page in pages:
        page.get_by_role("link", name="Remove Bells").click()
    first, second = (page.get_by_role("dialog").get_by_role("button", name="Remove source") for page in pages)
    first.click()
    expect(pages[0].get_by_role("status")).to_have_text("The source was removed.")
    second.click()
    expect(pages[1].get_by_role("dialog")).to_contain_text("There is nothing here")
    pages[1].get_by_role("button", name="Close").click()
    pages[1].get_by_role("link", name="Remove Repairs").click()
    expect(pages[1].get_by_role("dialog")).to_contain_text("Repairs")


def test_two_tabs_save_the_same_settings(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    first, second = site.sign_in(window), window.page()
    texts = {first: "Ask at the desk.", second: "Call us at 555-0137."}
    for page, text in texts.items():
        page.goto(site.address("chatbot/settings"))
        page.get_by_label("Fallback text").fill(text)
    for page in texts:
        page.get_by_role("button", name="Save", exact=True).click()
    expect(first.get_by_role("status")).to_have_text("Saved.")
    expect(second.get_by_role("alert")).to_contain_text("Somebody has changed this meanwhile.")
    expect(second.locator(".theirs")).to_have_text("Saved meanwhile Ask at the desk.")
    expect(second.get_by_label("Fallback text")).to_have_value(texts[second])
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_role("status")).to_have_text("Saved.")
    first.reload()
    expect(first.get_by_label("Fallback text")).to_have_value(texts[second])


def test_the_back_button_leads_to_the_conversation(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    page.goto(site.address("chatbot/"))
    page.get_by_label("Question").fill("When does the night tour start?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", name="Why this answer")).to_be_visible()
    page.get_by_role("link", name="Sources", exact=True).click()
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    page.go_back()
    expect(page.locator(".answer")).to_contain_text("Fridays at 9 pm")
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)


def test_who_was_signed_out_elsewhere_finds_what_was_typed(site: Site, open_window: OpenWindow) -> None:
    page = open_window(user_agent=FIREFOX).page()
    page.goto(site.address("account/new"))
    sign_in(page)
    page.get_by_label("Name").fill("Typed before")
    end_that_session(site, site.sign_in(open_window()))
    page.get_by_role("button", name="Create chatbot").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "Typed" not in page.url
    sign_in(page)
    expect(page.get_by_label("Name")).to_have_value("Typed before")
    assert page.evaluate("() => JSON.stringify({ ...sessionStorage, ...localStorage })") == "{}"


def add_a_text(site: Site, page: Page, title: str) -> None:
    page.goto(site.address("chatbot/sources/text"))
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("Every bike has a bell.")
    page.get_by_role("button", name="Add text").click()
    expect(page.get_by_role("row", name=title)).to_contain_text("ready")


def end_that_session(site: Site, page: Page) -> None:
    page.goto(site.address("me"))
    page.get_by_role("link", name="End the session of Firefox on Windows").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(page.get_by_role("status")).to_have_text("The session has ended.")


def sign_in(page: Page) -> None:
    """With the keyboard, as most do."""
    page.get_by_label("E-mail address").fill(email_of("owner"))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New chatbot")).to_be_visible()
