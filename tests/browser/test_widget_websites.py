"""The widget on websites of many kinds: it works, it is quiet, and it breaks nothing of them."""

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.browser.chats import Chat, answers, field, launcher
from tests.browser.chromium import OpenWindow
from tests.browser.odd_websites import (
    COUNTS_SHIFTS,
    LONGEST_TASK,
    PLAIN,
    STORAGE_THROWS,
    STRICT,
    asked,
    longest_task,
    opened,
    remembers,
)
from tests.browser.websites import EMBEDS, EMPTY, STUB, Seen, assert_no_cookie, page_with, stored, website

WIDGET_LOOKS = ("--title", "Harbour Bikes")
pytestmark = pytest.mark.usefixtures("says")


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
