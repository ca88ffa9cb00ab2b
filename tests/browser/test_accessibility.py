"""What axe finds on every page, at both widths, light and dark; and whether a page is as wide as its window."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.chromium import DESKTOP, PHONE, OpenWindow
from tests.browser.crowded import crowd
from tests.browser.pages import PAGES, PAGES_OF_THINGS, name_of
from tests.browser.site import PASSWORD, Site, email_of

# Without `preload` axe fetches style sheets and media again, for rules about sound and turned phones.
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
# All that darkness changes, and the most expensive of the rules.
CONTRAST = EVERYTHING | {"runOnly": ["color-contrast"]}
LOOKS = """
async ([place, options]) => (await axe.run(place, options)).violations.map(
  ({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html)}`)
"""
PAGE, DIALOG = "html", "dialog[open]"
WHERE_TO = 'links => links.map(link => [link.getAttribute("href"), link.getAttribute("hx-target")])'
SEVERAL, FEW = 8, 10
"""Dialogs."""
Faults = dict[str, list[str]]
SMALLEST = (320, 568)
"""What a page at 400 % has on a small screen."""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.timeout(600)
def test_every_page_is_for_everybody_and_so_are_dialogs(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    sign_in_elsewhere(site, open_window().page())
    with crowd(site) as beginnings:
        visited, opened = walked(site, page, beginnings)
    for path in PAGES:
        if path not in visited:
            visited[path] = to_which_no_link_leads(site, page, path, len(visited))
    assert visited.keys() >= {*PAGES, *PAGES_OF_THINGS}
    assert len(opened) > FEW
    assert [each for each in (*visited.items(), *opened.items()) if each[1]] == []


def test_a_page_without_buttons_is_for_everybody_too(site: Site, open_window: OpenWindow) -> None:
    page, found = site.sign_in(open_window(), "viewer"), Faults()
    for path in PAGES:
        if path.endswith(("/", "sources", "questions", "keys", "widget", "look")):
            page.goto(site.address(path))
            page.evaluate(AXE_SCRIPT)
            found[path] = page.evaluate(LOOKS, [PAGE, EVERYTHING])
    assert len(found) >= SEVERAL
    assert [each for each in found.items() if each[1]] == []


def test_a_phone_shows_in_which_section_one_is(site: Site, open_window: OpenWindow) -> None:

    page = site.sign_in(open_window(size=PHONE))
    for path in ("account/audit", "chatbot/", "chatbot/settings"):
        page.goto(site.address(path))
        sections = page.get_by_role("navigation").get_by_role("link")
        expect(sections.and_(page.locator("[aria-current]"))).to_be_in_viewport(ratio=1)


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
        visited[name] = list(faults(page, len(visited)))
        links = page.locator("a[href]:visible")
        for number, (href, target) in enumerate(links.evaluate_all(WHERE_TO)):
            leads_to = urlsplit(href).path
            there = name_of(leads_to) if leads_to.startswith(beginnings) else None
            if there is None:
                continue
            if there not in visited:
                to_visit[there] = leads_to
            if there not in opened and target == "#dialog":
                links.nth(number).click()
                opened[there] = in_the_dialog(page)
    return visited, opened


def to_which_no_link_leads(site: Site, page: Page, path: str, number: int) -> list[str]:
    """The faults of a page outside of the crowd."""
    page.goto(site.address(path))
    if page.url != site.address(path):
        assert page.url in map(site.address, PAGES), "what leads to another page is looked at there"
        return []
    page.evaluate(AXE_SCRIPT)
    return list(faults(page, number))


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
    found: list[str] = page.evaluate(LOOKS, [DIALOG, EVERYTHING])
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return found


def faults(page: Page, number: int) -> Iterator[str]:
    """What is wrong with the page at each width, which is a desktop's in the end.

    Every other page is light where the one before was dark: what all pages share is seen in all four ways.
    """
    schemes = ("light", "dark") if number % 2 else ("dark", "light")
    for (width, height), scheme in zip((SMALLEST, PHONE, DESKTOP), (None, *schemes), strict=True):
        page.set_viewport_size({"width": width, "height": height})
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            yield f"{pixels} pixels wider than {width}"
        if scheme:
            page.emulate_media(color_scheme=scheme)
            yield from page.evaluate(LOOKS, [PAGE, EVERYTHING])
