"""The chat of a website with the keyboard alone, as screen readers and people see it."""

from playwright.sync_api import expect

from tests.browser.chats import ANSWER, QUESTION, SAID, Chats, answers, field, launcher
from tests.browser.chromium import OpenWindow
from tests.chat.model.scripted_provider import answer


def test_a_visitor_asks_with_the_keyboard_alone(chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER)
    page = open_window().page()
    with chats.chat("--title", "Harbour Bikes") as chat:
        chat.visit(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(launcher(page)).to_be_focused()
        page.keyboard.press("Enter")
        frame = page.frame_locator("iframe")
        expect(field(frame)).to_be_focused()
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        expect(answers(frame)).to_contain_text(SAID)
        expect(field(frame)).to_be_focused()
        page.keyboard.press("Escape")
        expect(launcher(page)).to_be_focused()
