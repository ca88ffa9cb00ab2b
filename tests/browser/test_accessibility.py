"""What axe finds on every page, at both widths, light and dark; and whether a page is as wide as its window."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.chromium import DESKTOP, PHONE, OpenWindow
from tests.browser.pages import PAGES
from tests.browser.site import Site

LOOKS = [(width, height, scheme) for width, height in (DESKTOP, PHONE) for scheme in ("light", "dark")]
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_every_page_is_for_everybody(site: Site, open_window: OpenWindow, role: str) -> None:
    page = site.sign_in(open_window(), role)
    found = [f"{path}: {fault}" for path in PAGES for fault in faults(page, site.address(path))]
    assert found == []


def faults(page: Page, url: str) -> Iterator[str]:
    """What is wrong with the page, however it is looked at."""
    page.goto(url)
    for width, height, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        for violation in Axe().run(page).response["violations"]:
            elements = [node["html"] for node in violation["nodes"][:3]]
            yield f"{width} {scheme}: {violation['id']} ({violation['help']}): {elements}"
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            yield f"{width} {scheme}: {pixels} pixels wider than the window"
