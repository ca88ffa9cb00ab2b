"""Services that stand still: their parts of a page say so, and the rest of it stands."""

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.freezing import frozen
from tests.browser.site import Site

PARTS = {
    "account/": "Quota",
    "account/usage": "Quota",
    "chatbot/": "Retrieval",
    "chatbot/sources": "Retrieval",
    "chatbot/questions": "Retrieval",
    "chatbot/keys": "Quota",
    "chatbot/conversations": "Chat",
    "chatbot/unanswered": "Chat",
    "chatbot/settings": "Chat",
}


def test_a_part_says_which_service_is_silent_and_the_rest_stands(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    tabs = {path: site.sign_in(window) for path in PARTS}
    with frozen(site.stack, "quota", "retrieval", "chat"):
        # All at the same time: each waits for its service.
        for path, tab in tabs.items():
            tab.evaluate("address => { location.href = address }", site.address(path))
        for path, tab in tabs.items():
            says = tab.locator(".failure", has_text=f"The {PARTS[path]} service does not answer. Try again.")
            # Networks that come and go on the machine, as those of containers, interrupt what is on its way.
            interrupted = tab.get_by_text("ERR_NETWORK_CHANGED")
            expect(says.or_(interrupted)).to_be_visible()
            if interrupted.is_visible():
                tab.reload()
            expect(says).to_be_visible()
            expect(tab.get_by_role("heading", level=1)).to_be_visible()
            expect(tab.get_by_role("navigation", name="Account")).to_be_visible()
    for tab in tabs.values():
        try_again(tab)
        expect(tab.locator(".failure")).to_have_count(0)


def test_a_page_says_so_when_nobody_is_known(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    with frozen(site.stack, "auth"):
        reply = page.goto(site.address("account/"))
        assert reply
        assert reply.status == 503
        expect(page.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Help desk")).to_be_visible()


def try_again(page: Page) -> None:
    page.get_by_role("link", name="Try again").first.click()
