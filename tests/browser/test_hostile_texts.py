"""Texts that would be markup or script if a page took them for that."""

from playwright.sync_api import expect

from tests.browser.chromium import OpenWindow
from tests.browser.site import Site

HOSTILE = """<img src="x" onerror="document.title = 'owned'"></hx-partial><script>document.title = 'owned'</script>"""
QUESTION = f"What is {HOSTILE}?"


def test_a_text_stays_a_text_wherever_it_is_shown(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window(), "editor")
    page.goto(site.address("chatbot/questions/new"))
    for label, text in (("Question", QUESTION), ("Answer", HOSTILE), ("Title of that page", HOSTILE)):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Page to name with it").fill("https://shop.example/?a=<b>'\"")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text=QUESTION)).to_be_visible()

    # As it streams in, and as it is stored.
    page.get_by_role("link", name="Playground").click()
    page.get_by_label("Question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    for _ in range(2):
        expect(page.get_by_role("heading", name="Why this answer")).to_be_visible()
        expect(page.locator(".answer")).to_have_text(HOSTILE)
        expect(page.locator(".question")).to_have_text(QUESTION)
        expect(page.locator("main img, main script")).to_have_count(0)
        expect(page).to_have_title("Playground · Help desk · Chatmount")
        page.reload()
    page.get_by_role("link", name="Conversations").click()
    page.get_by_role("link", name=QUESTION).click()
    expect(page.locator(".answer")).to_have_text(HOSTILE)
    expect(page).to_have_title("Conversation · Help desk · Chatmount")
