"""What a viewer is shown: everything, and nothing that changes anything."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.site import Site

HREFS = "links => links.map(link => link.href).filter(href => !href.includes('#'))"
CHANGES = "main form[method=post], main [type=file], main [hx-post], main [hx-delete], main [hx-put]"
ID = re.compile(r"(?<=_)[A-Za-z0-9_-]{12,}|[0-9a-f-]{36}|(?<==)[^&]+")


def test_a_viewer_sees_no_button_that_changes_and_no_link_that_is_refused(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    page = site.sign_in(window, "viewer")
    page.goto(site.address("chatbot/"))
    expect(page.get_by_role("main")).to_be_visible()
    links: dict[str, str] = {}
    for section in page.locator(".sections a").evaluate_all(HREFS):
        page.goto(section)
        expect(page.locator(CHANGES)).to_have_count(0)
        links |= {ID.sub("x", href): href for href in page.locator("main a").evaluate_all(HREFS)}
    own = [href for href in links.values() if href.startswith(site.url)]
    assert len(own) > 8, own
    assert {href: status for href in own if (status := status_of(page, href)) != 200} == {}


def status_of(page: Page, address: str) -> int:
    return page.request.get(address).status


def test_a_viewer_who_comes_to_a_form_nevertheless_reads_who_may(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window(), "viewer")
    for path, who in (("account/new", "an owner"), ("chatbot/questions/new", "an editor")):
        page.goto(site.address(path))
        expect(page.get_by_role("heading", name="That is not yours to do")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(
            f"Your role (viewer) can't do this. It takes {who} of the account."
        )
