"""What the chat says: the owner's texts, else those of its language, else English."""

import json
import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from services.web.widget.languages import FOLDER
from tests.browser.chats import ANSWER, SAID, Chats, answers, ask, document_in, field
from tests.browser.chromium import OpenWindow
from tests.chat.model.scripted_replies import answer

TABLES: dict[str, dict[str, str]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
# All texts of the panel and its names for screen readers, but for what people and the model said.
TEXTS = """
() => {
  const found = new Set();
  for (const made of document.body.querySelectorAll(":not(script)")) {
    for (const name of ["aria-label", "title", "placeholder"]) found.add(made.getAttribute(name));
    if (made.closest(".text, .question p, .source")) continue;
    for (const part of made.childNodes) if (part.nodeType === Node.TEXT_NODE) found.add(part.data.trim());
  }
  return [document.title, ...found].filter(Boolean);
}
"""
OWN = {
    "--title": "Räder am Hafen",
    "--greeting": "Moin! Was darf's sein?",
    "--placeholder": "Fragen Sie uns …",
    "--footer": "Ohne Gewähr.",
    "--suggestion": "Gibt es Helme?",
    "--resting-text": "Morgen wieder.",
}
# Below, at the left and at the right.
CORNERS = (
    "question => ['Left', 'Right'].map(side => parseFloat(getComputedStyle(question)[`borderBottom${side}Radius`]))"
)
ARABIC = {"--title": "دراجات الميناء", "--greeting": "مرحبًا! كيف يمكنني المساعدة؟"}


def looks(options: dict[str, str]) -> tuple[str, ...]:
    return tuple(part for option in options.items() for part in option)


@pytest.mark.parametrize(
    ("locale", "language", "own"),
    # That each table has every text is held in tests/web/test_widget_files.py.
    [("de-AT", "de", {}), ("pl", "en", {}), ("en", "de", OWN)],
)
def test_every_text_is_the_owners_or_of_the_table(
    chats: Chats, open_window: OpenWindow, locale: str, language: str, own: dict[str, str]
) -> None:
    chats.provider.script = answer(*ANSWER)
    page = open_window(locale=locale).page()
    chosen = ("--language", "de") if own else ()
    with chats.chat(*chosen, *looks(own)) as chat:
        chat.open(page)
        frame = page.frame_locator("iframe")
        texts = TABLES[language]
        seen = set(texts_in(page))
        ask(frame)
        expect(answers(frame)).to_contain_text(SAID)
        frame.get_by_role("button", name=texts["unhelpful"]).click()
        expect(frame.get_by_label(texts["comment"])).to_be_focused()
        seen |= set(texts_in(page))
        delete(frame, texts)
        seen |= set(texts_in(page))
        chat.set("--budget", "0")
        ask(frame)
        expect(field(frame)).to_have_value(re.compile("bike"))
        field(frame).fill("word " * 420)
        seen |= set(texts_in(page))
        root = document_in(page).evaluate("(({ lang, dir }) => ({ lang, dir }))(document.documentElement)")
    assert root == {"lang": language, "dir": "ltr"}
    assert {text for text in seen if not is_known(text, language, own)} == set()
    assert set(own.values()) <= seen


def delete(frame: FrameLocator, texts: dict[str, str]) -> None:
    """The conversation."""
    frame.get_by_role("button", name=texts["menu"]).click()
    frame.get_by_role("button", name=texts["delete"]).click()
    frame.get_by_role("dialog").get_by_role("button", name=texts["delete_confirm"], exact=True).click()
    expect(frame.get_by_text(texts["deleted"])).to_be_visible()


def texts_in(page: Page) -> list[str]:
    """As they are now."""
    found: list[str] = document_in(page).evaluate(TEXTS)
    return found


def is_known(text: str, language: str, own: dict[str, str]) -> bool:
    """Whether it stands in the settings or in the table; places in it may hold anything."""
    patterns = (re.sub(r"\\{\w+\\}", ".+", re.escape(known)) for known in (*TABLES[language].values(), *own.values()))
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def test_a_page_chooses_another_language_at_any_time(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window(locale="en").page()
    with chats.chat() as chat:
        frame = chat.open(page)
        page.evaluate("chatmount('set', {language: 'fr'})")
        expect(field(frame)).to_have_attribute("placeholder", TABLES["fr"]["placeholder"])
        assert {text for text in texts_in(page) if not is_known(text, "fr", {})} == set()
        assert document_in(page).evaluate("document.documentElement.lang") == "fr"


def test_texts_from_right_to_left_turn_the_panel(chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER)
    page = open_window().page()
    with chats.chat(*looks(ARABIC)) as chat:
        frame = chat.open(page)
        assert document_in(page).evaluate("document.documentElement.dir") == "rtl"
        title = frame.get_by_role("heading", name=ARABIC["--title"]).bounding_box()
        close = frame.get_by_role("button", name="Close chat").bounding_box()
        assert title is not None
        assert close is not None
        assert close["x"] < title["x"]
        ask(frame)
        expect(answers(frame)).to_contain_text(SAID)
        # The pointed corner of a question is on the side of the visitor, in every language.
        corners = frame.locator(".question p").evaluate(CORNERS)
        assert corners[0] < corners[1]
        assert frame.locator(".caption").evaluate("caption => getComputedStyle(caption).textAlign") == "right"
