"""The widget on websites of many kinds: it works, it is quiet, and it breaks nothing of them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.chats import ANSWER, SAID, Chat, Chats, answers, ask, field, launcher
from tests.browser.chromium import PHONE, OpenWindow
from tests.browser.websites import EMBEDS, EMPTY, STUB, Seen, assert_no_cookie, page_with, stored, website, widget_of
from tests.chat.model.scripted_provider import answer

# The strictest that a site can have and still embed anything.
STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src {host}; frame-src {host}; connect-src {host}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
STORAGE_THROWS = """
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
  get() { throw new DOMException("denied", "SecurityError") },
});
"""
COUNTS_SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => { for (const each of list.getEntries()) shift += each.value })
  .observe({ type: "layout-shift", buffered: true });
"""
# Microseconds of a processor.
LONGEST_TASK = 50_000
PLAIN = page_with(EMBEDS)


@pytest.fixture(scope="module")
def chat(chats: Chats) -> Iterator[Chat]:
    with chats.chat("--title", "Harbour Bikes") as chat:
        yield chat


@pytest.fixture(autouse=True)
def says(chats: Chats) -> None:
    chats.provider.script = answer(*ANSWER)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    launcher(page).click()
    expect(field(page.frame_locator("iframe"))).to_be_focused()


def longest_task(trace: bytes, script: str) -> int:
    """Of what a script does by itself, in microseconds of a processor."""
    events = json.loads(trace)["traceEvents"]
    return max(event.get("tdur", 0) for event in events if event.get("args", {}).get("data", {}).get("url") == script)


def asked(page: Page) -> None:
    frame = page.frame_locator("iframe")
    ask(frame)
    expect(answers(frame)).to_contain_text(SAID)


def remembers(page: Page) -> None:
    expect(answers(page.frame_locator("iframe"))).to_contain_text(SAID)


def test_a_site_with_the_strictest_policy(chat: Chat, open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page()
    with website(chat, page_with(EMBEDS), STRICT) as url:
        opened(page, url)
        asked(page)
        colour = launcher(page).evaluate("button => getComputedStyle(button).backgroundColor")
        place = launcher(page).bounding_box()
    assert colour == "rgb(11, 100, 112)"
    assert place is not None
    assert (round(place["x"] + place["width"]), round(place["y"] + place["height"])) == (1260, 880)
    assert_no_cookie(window)


def test_a_site_whose_policy_names_no_host_of_scripts(chat: Chat, open_window: OpenWindow) -> None:
    policy = "default-src 'none'; style-src 'nonce-a1'; script-src 'nonce-a1'; frame-src {host}; connect-src {host}"
    page = open_window().page()
    html = page_with(EMBEDS.replace("<script", '<script nonce="a1"'))
    with website(chat, html, {"Content-Security-Policy": policy}) as url:
        opened(page, url)
        asked(page)


def test_before_a_click_it_is_one_request_and_stores_nothing(
    chat: Chat, chromium: Browser, open_window: OpenWindow
) -> None:
    window = open_window()
    window.context.add_init_script(COUNTS_SHIFTS)
    # As in more and more browsers, what is of another site may keep nothing.
    window.context.add_init_script(f"if (window !== top) {{ {STORAGE_THROWS} }}")
    page = window.page()
    seen = Seen.on(page)
    with website(chat, page_with(EMBEDS + "<p>Text.</p>" * 200)) as url:
        chromium.start_tracing(page=page, categories=["devtools.timeline"])
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        page.wait_for_timeout(500)
        assert 0 < longest_task(chromium.stop_tracing(), chat.address) <= LONGEST_TASK
        assert seen.of(chat) == ["/widget/wgt.js"]
        assert stored(page) == EMPTY
        assert page.evaluate("() => shift") == 0
        launcher(page).click()
        expect(field(page.frame_locator("iframe"))).to_be_focused()
        assert len(seen.of(chat)) <= 8
        asked(page)
        (kept, *others) = stored(page)
        assert others == EMPTY[1:]
        assert len(kept) == 1
    with pytest.raises(Error, match="denied"):
        page.frames[1].evaluate("() => localStorage.length")
    assert page.frames[1].evaluate("() => document.cookie") == ""
    assert_no_cookie(window)
    assert seen.console == []


def test_a_site_whose_storage_throws(chat: Chat, open_window: OpenWindow) -> None:
    window = open_window()
    window.context.add_init_script(STORAGE_THROWS)
    page = window.page()
    with website(chat, PLAIN) as url:
        opened(page, url)
        asked(page)
        launcher(page).click()
        launcher(page).click()
        remembers(page)


def test_the_conversation_is_there_on_other_pages_and_in_other_tabs_until_a_new_one(
    chat: Chat, open_window: OpenWindow
) -> None:
    window = open_window()
    page = window.page()
    with website(chat, PLAIN) as url:
        opened(page, url)
        asked(page)
        page.goto(f"{url}/prices")
        remembers(page)
        page.reload()
        remembers(page)
        other = window.page()
        other.goto(f"{url}/tours")
        remembers(other)
        page.bring_to_front()
        page.frame_locator("iframe").get_by_role("button", name="New conversation").click()
        expect(answers(page.frame_locator("iframe"))).to_have_count(0)
        page.reload()
        expect(field(page.frame_locator("iframe"))).to_be_visible()
        expect(answers(page.frame_locator("iframe"))).to_have_count(0)
        other.reload()
        expect(field(other.frame_locator("iframe"))).to_be_visible()
        expect(answers(other.frame_locator("iframe"))).to_have_count(0)


def test_a_site_that_keeps_no_history(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    head = f"<script>{STUB} chatmount('set', {{ history: false }})</script>"
    with website(chat, page_with(EMBEDS, head)) as url:
        opened(page, url)
        asked(page)
        assert stored(page) == EMPTY
        page.reload()
        expect(launcher(page)).to_have_attribute("aria-expanded", "false")


HEAD = page_with("", EMBEDS.replace("async ", ""))
TWICE = page_with(EMBEDS + EMBEDS)
SPA = page_with(
    "",
    """<script>addEventListener("load", () => {
      const add = () => document.head.append(Object.assign(document.createElement("script"), { src: "{script}" }));
      add();
      setTimeout(() => {
        history.pushState({}, "", "/two");
        document.body = document.createElement("body");
        add();
      }, 300);
    })</script>""",
)


@pytest.mark.parametrize(
    ("html", "says"), [(HEAD, 0), (TWICE, 1), (SPA, 1)], ids=["in its head", "twice", "in one page"]
)
def test_however_the_script_comes_there_is_one_launcher(
    chat: Chat, open_window: OpenWindow, html: str, says: int
) -> None:
    page = open_window().page()
    seen = Seen.on(page)
    with website(chat, html) as url:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        page.wait_for_timeout(800)
        while len(seen.console) < says:  # the test's own time limit ends it
            page.wait_for_timeout(50)
        expect(launcher(page)).to_have_count(1)
        assert [line.partition(" wgt_")[2].partition(" ")[2] for line in seen.console] == [
            "is on this page already."
        ] * says
        launcher(page).click()
        expect(field(page.frame_locator("iframe"))).to_be_focused()


def test_two_chatbots_on_a_page_have_a_launcher_each(chats: Chats, chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    with ExitStack() as open_now:
        second = open_now.enter_context(chats.chat("--title", "Second"))
        html = page_with(EMBEDS + EMBEDS.replace("{script}", second.address))
        url = open_now.enter_context(website(chat, html))
        chats.stack.json("widget", "origin", "add", second.chatbot, url)
        page.goto(url)
        expect(launcher(page)).to_have_count(2)
        for name in ("Harbour Bikes", "Second"):
            page.get_by_role("button", name=name).click()
            expect(page.frame_locator(f"iframe[title='{name}']").locator("#question")).to_be_focused()
            page.get_by_role("button", name=name).click()
        page.evaluate("command => chatmount(...command)", [widget_of(second), "open"])
        expect(page.get_by_role("button", name="Second")).to_have_attribute("aria-expanded", "true")
        expect(page.get_by_role("button", name="Harbour Bikes")).to_have_attribute("aria-expanded", "false")


def test_a_sandbox_gets_one_line_and_no_exception(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    seen = Seen.on(page)
    inner = page_with(EMBEDS).replace('"', "&quot;")
    with website(chat, page_with(f'<iframe sandbox="allow-scripts" srcdoc="{inner}"></iframe>')) as url:
        with page.expect_console_message(lambda message: message.text.startswith("Chatmount")):
            page.goto(url)
        page.wait_for_timeout(300)
        assert len(seen.console) == 1
        assert seen.console[0].endswith("is not for null.")
        expect(page.frame_locator("iframe").locator("chatmount-widget")).to_have_count(0)


def test_a_phone_shows_the_chat_alone_and_then_the_page_again(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window(size=PHONE, has_touch=True, is_mobile=True).page()
    with website(chat, page_with(EMBEDS + '<p><a href="#there">There</a></p>')) as url:
        page.goto(url)
        launcher(page).click()
        expect(field(page.frame_locator("iframe"))).to_be_visible()
        panel = page.locator("chatmount-widget [role=dialog]").bounding_box()
        assert panel == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}
        page.frame_locator("iframe").get_by_role("button", name="Close chat").click()
        expect(launcher(page)).to_be_focused()
        page.get_by_role("link", name="There").click()
        expect(page).to_have_url(f"{url}/#there")
        page.reload()
        expect(launcher(page)).to_have_attribute("aria-expanded", "false")


def test_on_paper_there_is_no_launcher(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    with website(chat, PLAIN) as url:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        page.emulate_media(media="print")
        expect(launcher(page)).to_be_hidden()


def test_paths_that_hide_it_hide_it_in_a_page_that_is_never_left(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window().page()
    with chats.chat("--hide-on", "/checkout*", "--hide-on", "/über") as chat, website(chat, PLAIN) as url:
        page.goto(f"{url}/checkout/2")
        expect(page.locator("chatmount-widget")).to_be_attached()
        expect(launcher(page)).to_be_hidden()
        for path, is_shown in (("/", True), ("/über", False), ("/über/uns", True), ("/checkout", False), ("/a", True)):
            page.evaluate("path => history.pushState({}, '', path)", path)
            expect(launcher(page)).to_be_visible(visible=is_shown)
        page.go_back()
        expect(launcher(page)).to_be_hidden()
