"""What a site that is not listed can do with a widget: nothing."""

import httpx
from playwright.sync_api import Page, expect

from tests.browser.another_site import another_site
from tests.browser.chats import Chat, Chats
from tests.browser.chromium import OpenWindow, Window
from tests.browser.websites import EMBEDS, EMPTY, Seen, host_of, page_with, stored

ASKS = "([url, init]) => fetch(url, init).then(reply => reply.text(), () => 'refused')"


def frame_of(chat: Chat) -> str:
    return chat.address.replace("/widget/", "/widget/frame/").removesuffix(".js")


def ticket_of(chat: Chat) -> str:
    return chat.address.replace("/widget/", "/widget/v1/ticket/").removesuffix(".js")


def see_nothing(page: Page, window: Window, chat: Chat, url: str) -> None:
    """No launcher, no frame, no ticket."""
    seen = Seen.on(page)
    page.goto(url)
    page.wait_for_function("() => performance.getEntriesByName(document.querySelector('script').src).length")
    expect(page.locator("chatmount-widget")).to_have_count(0)
    assert page.frames[1].url.startswith("chrome-error:")
    assert stored(page) == EMPTY
    assert [line.partition(" wgt_")[2].partition(" ")[2] for line in seen.console] == [f"is not for {url}."]
    listed = chat.url
    for init in (
        {"method": "POST", "body": "{}"},
        {"method": "POST", "body": "{}", "headers": {"Origin": listed, "Referer": listed}},
        {"method": "POST", "body": f'{{"origin": "{listed}"}}', "credentials": "include"},
        {"method": "POST", "body": "{}", "headers": {"X-Origin": listed}},
    ):
        assert page.evaluate(ASKS, [ticket_of(chat), init]) == "refused"
    assert page.evaluate(ASKS, [ticket_of(chat), {"method": "POST", "body": "{}", "mode": "no-cors"}]) == "refused"
    assert any("frame-ancestors" in fault for fault in window.faults)
    window.faults.clear()


def test_a_foreign_site_shows_and_reads_nothing(chat: Chat, open_window: OpenWindow) -> None:
    window = open_window()
    html = page_with(f'{EMBEDS}<iframe src="{frame_of(chat)}"></iframe>').replace("{script}", chat.address)
    with another_site(html) as port:
        see_nothing(window.page(), window, chat, f"http://localhost:{port}")


def test_a_widget_without_sites_answers_nowhere(chats: Chats, open_window: OpenWindow) -> None:
    window = open_window()
    with chats.chat() as chat:
        chats.stack.json("widget", "origin", "remove", chat.chatbot, chat.url)
        html = page_with(f'{EMBEDS}<iframe src="{frame_of(chat)}"></iframe>').replace("{script}", chat.address)
        with another_site(html) as port:
            see_nothing(window.page(), window, chat, f"http://127.0.0.1:{port}")
        reply = httpx.post(ticket_of(chat), content="{}", headers={"origin": chat.url}, trust_env=False)
        assert reply.status_code == 403
        assert "access-control-allow-origin" not in reply.headers


def test_the_frame_reaches_no_page_of_the_dashboard(chat: Chat, open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page()
    chat.open(page)
    frame = page.frames[1]
    for path in ("/dashboard/sign-in", "/v1/chat"):
        assert frame.evaluate(ASKS, [f"{host_of(chat)}{path}", {}]) == "refused"
    # What it complains of may come late.
    page.wait_for_timeout(300)
    assert all("Content" in fault and "Security" in fault for fault in window.faults), window.faults
    window.faults.clear()
