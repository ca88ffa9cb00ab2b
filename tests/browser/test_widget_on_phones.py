"""The chat on a phone: it fills the screen, and gives it back."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chats import ANSWER, SAID, Chats, answers, ask, field, launcher
from tests.browser.chromium import PHONE, OpenWindow
from tests.chat.model.scripted_replies import answer

SMALL = (320, 568)
# Of the height, on the smallest phones.
KEYBOARD = 260
# Between the launcher and the edges, unless the owner wants another.
MARGIN = 20


@pytest.mark.parametrize("size", [PHONE, SMALL])
def test_the_chat_fills_a_phone(chats: Chats, open_window: OpenWindow, size: tuple[int, int]) -> None:
    chats.provider.script = answer(*ANSWER)
    page = open_window(size=size, has_touch=True, is_mobile=True).page()
    width, height = size
    with chats.chat("--title", "A title that is much too long for a phone of this width") as chat:
        chat.visit(page)
        launcher(page).tap()
        frame = page.frame_locator("iframe")
        # A field with the focus would open the keyboard over what is to be read.
        expect(frame.get_by_role("region", name="Conversation")).to_be_focused()
        assert page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": width, "height": height}
        close, send = frame.get_by_role("button", name="Close chat"), frame.get_by_role("button", name="Send")
        for lost in (0, KEYBOARD):
            page.set_viewport_size({"width": width, "height": height - lost})
            for seen in (close, send, field(frame)):
                expect(seen).to_be_in_viewport(ratio=1)
        assert_for_fingers(close, send)
        ask(frame)
        expect(answers(frame)).to_contain_text(SAID)
        close.tap()
        expect(page.locator("iframe")).to_be_hidden()
        page.get_by_role("link", name="Prices").tap()
        expect(page).to_have_url(f"{chat.url}/#prices")
        launcher(page).tap()
        expect(field(frame)).to_be_visible()


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es"])
def test_a_launcher_that_loads_nothing_more_fits_the_screen(chats: Chats, open_window: OpenWindow, locale: str) -> None:
    window = open_window(size=SMALL, has_touch=True, is_mobile=True, locale=locale)
    page = window.page()
    with chats.chat() as chat:
        chat.visit(page)
        page.route("**/bridge.js", lambda route: route.abort())
        launcher(page).tap()
        expect(launcher(page)).not_to_have_text("")
        box = launcher(page).bounding_box()
        # Its text is no higher than it is.
        assert launcher(page).evaluate("button => button.scrollHeight <= button.clientHeight")
    assert box is not None
    assert box["x"] >= MARGIN
    assert box["x"] + box["width"] == SMALL[0] - MARGIN
    window.faults.clear()


def assert_for_fingers(*buttons: Locator) -> None:
    """At least 40 pixels wide and high."""
    for button in buttons:
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
