"""What scripts of a page tell the chat, before and after it is there, and what they hear of it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chats import QUESTION, SAID, Chat, Chats, answers, ask, document_in, field, launcher
from tests.browser.chromium import OpenWindow
from tests.browser.websites import EMBEDS, EMPTY, STUB, Seen, page_with, stored, website

WIDGET_LOOKS = ("--title", "Harbour Bikes", "--message-events")
pytestmark = pytest.mark.usefixtures("says")

EVENTS = ("ready", "open", "close", "message", "error")
LISTENS = f"""
window.heard = [];
for (const name of {list(EVENTS)}) chatmount("on", name, (event) => heard.push([
  name, ...["role", "text", "status"].filter((each) => each in event).map((each) => event[each]),
]));
"""


def call(page: Page, *command: Any) -> None:
    page.evaluate("command => chatmount(...command)", list(command))


def heard(page: Page) -> Any:
    return page.evaluate("() => heard")


def test_commands_work_before_the_script_has_come(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    head = f"<script>{STUB}{LISTENS}chatmount('open'); chatmount('set', {{ language: 'de' }})</script>"
    with website(chat, page_with(EMBEDS, head)) as url:
        page.goto(url)
        frame = page.frame_locator("iframe")
        expect(field(frame)).to_be_focused()
        expect(field(frame)).to_have_attribute("placeholder", "Stellen Sie eine Frage …")
        assert sorted(heard(page)) == [["open"], ["ready"]]


def test_a_page_opens_and_closes_hides_and_shows(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    with website(chat, page_with(EMBEDS)) as url:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        page.evaluate(LISTENS)
        page.wait_for_function("() => heard.length === 1")
        for command, is_open in (("open", True), ("open", True), ("close", False), ("close", False), ("toggle", True)):
            call(page, command)
            expect(launcher(page)).to_have_attribute("aria-expanded", str(is_open).lower())
        frame = page.frame_locator("iframe")
        expect(field(frame)).to_be_focused()
        ask(frame)
        expect(answers(frame)).to_contain_text(SAID)
        page.wait_for_function("() => heard.length === 6")
        call(page, "hide")
        expect(launcher(page)).to_be_hidden()
        call(page, "show")
        expect(launcher(page)).to_be_visible()
        assert heard(page) == [
            ["ready"],
            ["open"],
            ["close"],
            ["open"],
            ["message", "user", QUESTION],
            ["message", "assistant", SAID],
        ]
        call(page, "new")
        expect(answers(frame)).to_have_count(0)
        call(page, "close")
        call(page, "destroy")
        expect(page.locator("chatmount-widget")).to_have_count(0)
        page.evaluate(
            "src => document.body.append(Object.assign(document.createElement('script'), { src }))", chat.address
        )
        expect(launcher(page)).to_have_count(1)


def test_who_listens_no_more_hears_no_more_and_a_listener_that_fails_stops_nobody(
    chat: Chat, open_window: OpenWindow
) -> None:
    window = open_window()
    page = window.page()
    with website(chat, page_with(EMBEDS)) as url:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        page.evaluate(
            """() => {
              window.counts = [0, 0];
              window.first = () => { counts[0] += 1 };
              chatmount("on", "open", first);
              chatmount("on", "open", () => { throw new Error("of the page itself") });
              chatmount("on", "open", () => { counts[1] += 1 });
            }"""
        )
        call(page, "open")
        # What an open chat needs comes first.
        page.wait_for_function("() => counts[1] === 1")
        page.evaluate("() => chatmount('off', 'open', first)")
        call(page, "close")
        call(page, "open")
        assert page.evaluate("() => counts") == [1, 2]
    assert window.faults == ["of the page itself"] * 2
    window.faults.clear()


def test_a_page_hears_no_texts_unless_the_owner_lets_it(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window().page()
    with chats.chat() as chat, website(chat, page_with(EMBEDS, f"<script>{STUB}{LISTENS}</script>")) as url:
        page.goto(url)
        launcher(page).click()
        frame = page.frame_locator("iframe")
        ask(frame)
        expect(answers(frame)).to_contain_text(SAID)
        assert heard(page) == [["ready"], ["open"]]


def test_a_command_that_there_is_not_is_one_line(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    seen = Seen.on(page)
    with website(chat, page_with(EMBEDS)) as url:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        call(page, "explode", 1, 2)
        call(page, "constructor")
        assert [line.partition(" has ")[2] for line in seen.console] == [
            "no command explode.",
            "no command constructor.",
        ]
        assert stored(page) == EMPTY


def test_options_that_are_none_break_nothing(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(error.message))
    with website(chat, page_with(EMBEDS)) as url:
        page.goto(url)
        for options in ({"language": 5, "colorScheme": {}}, {"language": ["de"]}, None):
            call(page, "set", options)
        launcher(page).click()
        expect(field(page.frame_locator("iframe"))).to_be_focused()
        assert failed == []


def test_it_opens_by_itself_once_and_takes_no_focus(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window().page()
    html = page_with('<input id="mine" autofocus>' + EMBEDS)
    with chats.chat("--open-after-seconds", "1") as chat, website(chat, html) as url:
        page.goto(url)
        expect(launcher(page)).to_have_attribute("aria-expanded", "true")
        expect(field(page.frame_locator("iframe"))).to_be_visible()
        expect(page.locator("#mine")).to_be_focused()
        launcher(page).click()
        page.reload()
        expect(launcher(page)).to_be_visible()
        page.wait_for_timeout(1500)
        expect(launcher(page)).to_have_attribute("aria-expanded", "false")


def test_nobody_else_speaks_for_the_chat(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    says = "setInterval(() => parent.postMessage({ type: 'chatmount:close' }, '*'), 20)"
    html = page_with(EMBEDS + f'<iframe title="other" srcdoc="<script>{says}</script>"></iframe>')
    with website(chat, html) as url:
        page.goto(url)
        launcher(page).click()
        expect(page.frame_locator("iframe[title='Harbour Bikes']").locator("#question")).to_be_focused()
        for message in ("'a text'", "null", "{ type: 5 }", "{ type: 'chatmount:constructor' }", "{ type: 'close' }"):
            document_in(page).evaluate(f"() => parent.postMessage({message}, '*')")
        page.wait_for_timeout(200)
        expect(launcher(page)).to_have_attribute("aria-expanded", "true")
