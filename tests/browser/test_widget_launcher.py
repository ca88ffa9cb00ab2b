"""The launcher: one for each chatbot, where it is shown, and what it does on phones and on paper."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from tests.browser.chats import Chat, Chats, field, launcher
from tests.browser.chromium import PHONE, OpenWindow
from tests.browser.odd_websites import (
    HEAD,
    PLAIN,
    SPA,
    TWICE,
)
from tests.browser.websites import EMBEDS, Seen, page_with, website, widget_of

WIDGET_LOOKS = ("--title", "Harbour Bikes")
pytestmark = pytest.mark.usefixtures("says")


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
