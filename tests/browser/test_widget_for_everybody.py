"""The chat with the keyboard alone, for screen readers, enlarged, and without movement."""

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.chat_states import (
    absent,
    answered,
    broken,
    closed,
    deleting,
    offline,
    opened,
    resting,
    streaming,
    unloaded,
    waiting,
)
from tests.browser.chats import ANSWER, QUESTION, SAID, Chat, Chats, answers, ask, document_in, field, launcher, notice
from tests.browser.chromium import OpenWindow
from tests.browser.test_accessibility import CONTRAST, EVERYTHING, LOOKS, PAGE, TOO_WIDE
from tests.chat.model.scripted_replies import HalfClose, Reply, Silence, answer, chunk

WIDGET_LOOKS = (
    *("--title", "Harbour Bikes"),
    *("--suggestion", "Is a helmet included?"),
    *("--privacy-url", "https://bikes.example/privacy"),
)
pytestmark = pytest.mark.usefixtures("says")
# Each document is looked at by itself: axe would look for itself in frames as well, with messages that are for its own
# origin, and of those to another some browsers complain.
ALONE = {"iframes": False}
# 400 % of 1280×1024.
ENLARGED = (320, 256)
# What a log has told of: whole nodes, as they were when they came.
LISTENS = """
() => {
  window.heard = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const added of addedNodes) window.heard.push(added.textContent);
  }).observe(document.querySelector("[role=log]"), { childList: true, subtree: true, characterData: true });
}
"""


def test_a_visitor_needs_the_keyboard_alone(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    chat.visit(page)
    for _ in ("the page's link", "the launcher"):
        page.keyboard.press("Tab")
    expect(launcher(page)).to_be_focused()
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(field(frame)).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(answers(frame)).to_contain_text(SAID)
    expect(field(frame)).to_be_focused()
    stops = [stop_before(page, frame, name) for name in ("Not helpful", "Helpful")]
    assert all(stops)
    page.keyboard.press("Enter")
    expect(frame.get_by_role("status").filter(has_text="Thank you")).to_be_visible()
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()
    expect(page.locator("iframe")).to_be_hidden()


def stop_before(page: Page, frame: FrameLocator, name: str) -> bool:
    """Whether some stop before this one is the button of that name, and can be seen."""
    button = frame.get_by_role("button", name=name, exact=True)
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        if button.evaluate("element => element === document.activeElement"):
            return bool(button.evaluate("element => getComputedStyle(element).outlineStyle !== 'none'"))
    return False


def test_escape_closes_what_is_on_top(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    frame = chat.open(page)
    more = frame.get_by_role("button", name="More")
    more.press("Enter")
    frame.get_by_role("button", name="Delete my conversation").press("Enter")
    dialog = frame.get_by_role("dialog", name="Delete this conversation?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(field(frame)).to_be_focused()
    more.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(field(frame)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()


def test_a_screen_reader_hears_each_message_once_and_whole(chat: Chat, chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER, pause=0.05)
    page = open_window().page()
    frame = chat.open(page)
    document_in(page).evaluate(LISTENS)
    ask(frame)
    expect(notice(frame).filter(has_text="Looking for an answer")).to_be_attached()
    expect(answers(frame)).to_contain_text(SAID)
    heard: list[str] = document_in(page).evaluate("window.heard")
    assert len(heard) == 2
    assert heard[0] == f"You asked:{QUESTION}"
    assert heard[1].startswith(f"Answer:{SAID}Sources")


@pytest.mark.parametrize(
    "reach",
    [closed, opened, streaming, answered, broken, waiting, resting, offline, absent, unloaded, deleting],
)
def test_axe_finds_nothing(
    chat: Chat, chats: Chats, open_window: OpenWindow, reach: Callable[[Page, Chat], None]
) -> None:
    if reach is broken:
        chats.provider.script = Reply((chunk("Three weeks", role="assistant"), 0.1, HalfClose()))
    if reach is streaming:
        chats.provider.script = Reply((chunk("Three weeks", role="assistant"), Silence()))
    budget = "0" if reach is resting else "default"
    chat.set("--budget", budget)
    window = open_window()
    page = window.page()
    reach(page, chat)
    documents = page.frames
    for document in documents:
        document.evaluate(AXE_SCRIPT)
    for scheme, rules in (("light", EVERYTHING), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        for document in documents:
            assert document.evaluate(LOOKS, [PAGE, rules | ALONE]) == []
    if reach in (offline, unloaded):
        # The browser complains of what it could not load.
        window.faults.clear()


def test_at_400_percent_nothing_is_cut_off(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window(size=ENLARGED).page()
    frame = chat.open(page)
    ask(frame)
    expect(answers(frame)).to_contain_text(SAID)
    assert document_in(page).evaluate(TOO_WIDE) <= 0
    for seen in (
        frame.get_by_role("button", name="Close chat"),
        frame.get_by_role("button", name="Send"),
        field(frame),
    ):
        expect(seen).to_be_in_viewport(ratio=1)
    expect(frame.get_by_role("link", name="Privacy notice")).to_be_visible()


def test_nothing_moves_where_nothing_may_move(chat: Chat, chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = Reply((chunk("Three weeks", role="assistant"), Silence()))
    page = open_window().page()
    frame = chat.open(page)
    ask(frame)
    expect(frame.get_by_text("Three weeks")).to_be_visible()
    assert document_in(page).evaluate("document.getAnimations().length") == 0
    frame.get_by_role("button", name="Stop").click()
