"""What axe finds on every page, at both widths, light and dark; and whether a page is as wide as its window."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.chromium import DESKTOP, PHONE, OpenWindow
from tests.browser.pages import PAGES
from tests.browser.site import Site

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# All that darkness changes.
CONTRAST = EVERYTHING | {"runOnly": ["color-contrast"]}
LOOKS = """
async (options) => (await axe.run(document, options)).violations.map(
  ({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html)}`)
"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(site: Site, open_window: OpenWindow, path: str) -> None:
    page = site.sign_in(open_window())
    page.goto(site.address(path))
    if page.url != site.address(path):
        assert page.url in map(site.address, PAGES), "what leads to another page is looked at there"
        return
    page.evaluate(AXE_SCRIPT)
    assert list(faults(page)) == []


@pytest.mark.parametrize(
    "path", [path for path in PAGES if path.endswith(("/", "sources", "questions", "keys", "widget", "look"))]
)
def test_a_page_without_buttons_is_for_everybody_too(site: Site, open_window: OpenWindow, path: str) -> None:
    page = site.sign_in(open_window(), "viewer")
    page.goto(site.address(path))
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(LOOKS, EVERYTHING) == []


def faults(page: Page) -> Iterator[str]:
    """What is wrong with the page, however it is looked at."""
    for width, height in (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        yield from page.evaluate(LOOKS, EVERYTHING)
        page.emulate_media(color_scheme="dark")
        yield from page.evaluate(LOOKS, CONTRAST)
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            yield f"{pixels} pixels wider than {width}"
