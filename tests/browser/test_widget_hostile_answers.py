"""Answers that would be markup, script or a way out if the chat took them for that."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from services.web.widget.static_files import FOLDER
from tests.browser.chats import QUESTION, Chats, answers, ask, document_in
from tests.browser.chromium import OpenWindow
from tests.browser.site_of_files import site_of_files
from tests.chat.model.scripted_replies import Recorded, Reply, answer

# The last one overflows the stack of whoever reads it as Markdown.
HOSTILE: list[str] = [
    *json.loads(Path(__file__).with_name("hostile_answers.json").read_text("utf-8")),
    "> " * 3000 + "deep",
]
ELEMENTS = {"DIV", "P", "SPAN", "A", "UL", "OL", "LI", "STRONG", "EM", "S", "CODE", "PRE", "BLOCKQUOTE", "BR", "HR"}
ELEMENTS |= {"TABLE", "THEAD", "TBODY", "TR", "TH", "TD"}
ATTRIBUTES = {
    "class",
    "dir",
    "href",
    "target",
    "rel",
    "role",
    "tabindex",
    "start",
    "data-align",
    "data-label",
    "aria-label",
}
LINK = {"target": "_blank", "rel": "noopener noreferrer nofollow"}
# All that is in the texts of answers: element, attributes.
MADE = """
() => [...document.querySelectorAll(".text *")].map((made) =>
  [made.nodeName, Object.fromEntries([...made.attributes].map(({ name, value }) => [name, value]))])
"""
# The chat's module alone, without what the model's texts pass before.
SHOWS = """
async (texts) => {
  const { AnswerText } = await import("./answer_text.js");
  for (const text of texts) {
    const shown = new AnswerText();
    document.body.append(shown.element);
    shown.add(text);
    shown.end();
  }
}
"""
SETTINGS = json.dumps({"appearance": {}, "languages": {"en": {"table": "Table"}}})


def test_an_answer_of_a_model_stays_text(chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = scripted
    page = open_window().page()
    reached: set[str] = set()
    page.on("request", lambda request: reached.add(urlsplit(request.url).netloc))
    with chats.chat() as chat:
        frame = chat.open(page)
        for number, text in enumerate(HOSTILE):
            # What stands in the question may be linked in the answer: so the addresses come through.
            ask(frame, f"{QUESTION} Case {number} {text}"[:2000])
            expect(answers(frame)).to_have_count(number + 1)
        expect(answers(frame).last).to_contain_text(HOSTILE[-1])
        expect(page).to_have_title("Harbour Bikes")
        assert document_in(page).title() == "Chat"
        assert_harmless(document_in(page).evaluate(MADE))
        assert reached == {urlsplit(url).netloc for url in (chat.url, chat.address)}


def test_the_chat_alone_lets_nothing_through(lone_page: Page) -> None:
    lone_page.evaluate(SHOWS, HOSTILE)
    assert_harmless(lone_page.evaluate(MADE))
    # What has no place in the text of an answer is nowhere else.
    assert lone_page.evaluate("document.querySelectorAll('img, iframe, form, style, link, base, svg').length") == 0
    expect(lone_page).to_have_title("alone")


@pytest.fixture
def lone_page(open_window: OpenWindow, tmp_path: Path) -> Iterator[Page]:
    """A page with the chat's modules, under the policy of the frame."""
    folder = tmp_path / "static"
    shutil.copytree(FOLDER, folder)
    html = f'<title>alone</title><body><script type="application/json" id="settings">{SETTINGS}</script>'
    (folder / "alone.html").write_text(html, "utf-8")
    with site_of_files(folder) as url:
        page = open_window().page()
        page.goto(f"{url}/alone.html")
        yield page


def scripted(request: Recorded) -> Reply:
    """The answer whose number stands in the newest question, in pieces, as models write."""
    number = int(re.findall(r"Case (\d+)", str(request.body["messages"][-1]["content"]))[-1])
    text = HOSTILE[number]
    return answer(*(text[start : start + 9] for start in range(0, len(text), 9)), " [1]")


def assert_harmless(made: list[tuple[str, dict[str, Any]]]) -> None:
    """No element that loads or runs anything, and links to websites only."""
    assert {name for name, _ in made} <= ELEMENTS
    assert {name for _, attributes in made for name in attributes} <= ATTRIBUTES
    links = [attributes for name, attributes in made if name == "A"]
    assert links
    for link in links:
        assert link["href"].startswith(("https://", "http://"))
        assert link | LINK == link
    assert not any("href" in attributes for name, attributes in made if name != "A")
