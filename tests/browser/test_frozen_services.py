"""Services that stand still: their parts of a page say so, and the rest of it stands."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.site import Site
from tests.contract.stack import Stack

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


@contextmanager
def frozen(stack: Stack, *services: str) -> Iterator[None]:
    """They stop, and go on when the block ends."""
    processes = [stack.process_of(service) for service in services]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            # One that is gone was taken for dead, which a test that took so long has failed of already.
            with suppress(psutil.NoSuchProcess):
                process.resume()


def test_a_part_says_which_service_is_silent_and_the_rest_stands(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    tabs = {path: site.sign_in(window) for path in PARTS}
    with frozen(site.stack, "quota", "retrieval", "chat"):
        # All at the same time: each waits for its service.
        for path, tab in tabs.items():
            tab.evaluate("address => { location.href = address }", site.address(path))
        for path, tab in tabs.items():
            says = tab.locator(".failure", has_text=f"The {PARTS[path]} service does not answer. Try again.")
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
