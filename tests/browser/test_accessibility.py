"""What axe finds on every page, at both widths, light and dark; and whether a page is as wide as its window."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, PHONE, OpenWindow, Window
from tests.browser.crowded import crowd
from tests.browser.pages import PAGES, PAGES_OF_THINGS, name_of
from tests.browser.site import PASSWORD, Site, email_of

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# All that darkness changes.
CONTRAST = EVERYTHING | {"runOnly": ["color-contrast"]}
LOOKS = """
async (options) => (await axe.run(document, options)).violations.map(
  ({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html)}`)
"""
FEW = 10
"""Dialogs."""
Faults = dict[str, list[str]]
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def owners_page(site: Site, chromium: Browser) -> Iterator[Page]:
    """One for all pages of the dashboard, which looks at one after the other."""
    yield from a_page_of("owner", site, chromium)


@pytest.fixture(scope="module")
def viewers_page(site: Site, chromium: Browser) -> Iterator[Page]:
    """The same for somebody who may change nothing."""
    yield from a_page_of("viewer", site, chromium)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(site: Site, owners_page: Page, path: str) -> None:
    owners_page.goto(site.address(path))
    if owners_page.url != site.address(path):
        assert owners_page.url in map(site.address, PAGES), "what leads to another page is looked at there"
        return
    owners_page.evaluate(AXE_SCRIPT)
    assert list(faults(owners_page)) == []


@pytest.mark.parametrize(
    "path", [path for path in PAGES if path.endswith(("/", "sources", "questions", "keys", "widget", "look"))]
)
def test_a_page_without_buttons_is_for_everybody_too(site: Site, viewers_page: Page, path: str) -> None:
    viewers_page.goto(site.address(path))
    viewers_page.evaluate(AXE_SCRIPT)
    assert viewers_page.evaluate(LOOKS, EVERYTHING) == []


def test_a_page_of_one_thing_is_for_everybody_and_so_are_dialogs(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    sign_in_elsewhere(site, open_window().page())
    with crowd(site) as beginnings:
        visited, opened = walked(site, page, beginnings)
    assert visited.keys() >= PAGES_OF_THINGS
    assert len(opened) > FEW
    assert [each for each in (*visited.items(), *opened.items()) if each[1]] == []


def a_page_of(person: str, site: Site, chromium: Browser) -> Iterator[Page]:
    """In a window that complains of nothing until it is closed."""
    window = Window.open(chromium)
    yield site.sign_in(window, person)
    window.close()


def walked(site: Site, page: Page, beginnings: tuple[str, ...]) -> tuple[Faults, Faults]:
    """The faults of each page that links lead to, and of each dialog."""
    # Pages lead to one another: each is looked at once, and each dialog where it opens first.
    to_visit = {name: path for path in beginnings if (name := name_of(path))}
    visited: Faults = {}
    opened: Faults = {}
    while to_visit:
        name, path = to_visit.popitem()
        page.goto(site.url + path)
        page.evaluate(AXE_SCRIPT)
        visited[name] = list(faults(page)) if name in PAGES_OF_THINGS else []
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        for link in page.locator("a[href]:visible").all():
            leads_to = urlsplit(link.get_attribute("href") or "").path
            there = name_of(leads_to) if leads_to.startswith(beginnings) else None
            if there is None:
                continue
            if there not in visited:
                to_visit[there] = leads_to
            if there not in opened and link.get_attribute("hx-target") == "#dialog":
                link.click()
                opened[there] = in_the_dialog(page)
    return visited, opened


def sign_in_elsewhere(site: Site, page: Page) -> None:
    """Another session, which has a page of its own."""
    page.goto(site.address("sign-in"))
    page.get_by_label("E-mail address").fill(email_of("owner"))
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button").click()
    page.wait_for_url("**/dashboard/**")


def in_the_dialog(page: Page) -> list[str]:
    """What is wrong while it is open; it is closed then."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading").first).to_be_visible()
    found: list[str] = page.evaluate(LOOKS, EVERYTHING)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return found


def faults(page: Page) -> Iterator[str]:
    """What is wrong with the page, however it is looked at."""
    page.emulate_media(color_scheme="light")
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        yield from page.evaluate(LOOKS, EVERYTHING)
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            yield f"{pixels} pixels wider than {width}"
    # A width changes no colour.
    page.emulate_media(color_scheme="dark")
    yield from page.evaluate(LOOKS, CONTRAST)
