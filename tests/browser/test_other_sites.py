"""What another site can do to somebody who is signed in here: nothing."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.another_site import another_site
from tests.browser.chromium import OpenWindow
from tests.browser.site import PASSWORD, Site, email_of

NEIGHBOURS = {"of another site": "127.0.0.1", "of the same site on another port": "localhost"}
COOKIES = {"__Host-chatmount", "__Host-chatmount-probe"}
DAYS_30 = 30 * 24 * 3600
TRIES_TO_READ = "address => fetch(address, { credentials: 'include' }).then(reply => reply.text(), () => 'refused')"


@pytest.mark.parametrize("host", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_a_form_is_refused(site: Site, open_window: OpenWindow, host: str) -> None:
    page = site.sign_in(open_window())
    forms = {
        "account/new": form(site.address("account/new"), name="Forged"),
        "chatbot/sources": form(site.address("chatbot/sources"), "multipart/form-data", title="Forged", text="Forged."),
        "chatbot/ask": form(site.address("chatbot/ask"), session="ply_1", message="Forged?"),
        "sign-in": form(site.address("sign-in"), email=email_of("editor"), password=PASSWORD),
        "sign-out": form(site.address("sign-out")),
    }
    with another_site("".join(forms.values())) as port:
        for number in range(len(forms)):
            page.goto(f"http://{host}:{port}/")
            with page.expect_navigation() as navigation:
                page.get_by_role("button").nth(number).click()
            assert navigation.value.status == 403, page.url
            expect(page.get_by_role("alert")).to_contain_text("This did not come from a page of the dashboard.")
    page.goto(site.address("account/"))
    expect(page.get_by_role("link", name="Help desk")).to_be_visible()
    expect(page.get_by_text("Forged")).to_be_hidden()
    page.goto(site.address("chatbot/sources?text=Forged"))
    expect(page.get_by_text("No source is like that.")).to_be_visible()


def form(action: str, enctype: str = "application/x-www-form-urlencoded", **fields: str) -> str:
    """What would be sent if it were accepted."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    return f'<form method="post" action="{action}" enctype="{enctype}">{inputs}<button>Send</button></form>'


def test_a_page_is_neither_framed_nor_read_nor_held(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    page = site.sign_in(window)
    address = site.address("account/")
    with another_site(
        f'<iframe src="{address}"></iframe><a href="{address}" target="_blank" rel="opener">Go</a>'
    ) as port:
        page.goto(f"http://localhost:{port}/")
        expect(page.frame_locator("iframe").get_by_text("Harbour Bikes")).to_be_hidden()
        assert page.frames[1].url.startswith("chrome-error:")
        assert page.evaluate(TRIES_TO_READ, address) == "refused"
        with window.context.expect_page() as opened:
            page.get_by_role("link", name="Go").click()
        expect(opened.value.get_by_role("link", name="Help desk")).to_be_visible()
        assert opened.value.evaluate("() => window.opener") is None
    framing, reading, failed = window.faults
    assert "frame-ancestors" in framing
    assert "CORS" in reading
    assert "ERR_FAILED" in failed
    window.faults.clear()


def test_a_session_is_a_cookie_that_no_script_sees_and_that_ends(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page()
    page.goto(site.address("sign-in?next=//evil.example/dashboard/"))
    page.get_by_label("E-mail address").fill(email_of("owner"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Help desk")).to_be_visible()
    assert page.url == site.address("account/")

    cookies = {cookie["name"]: cookie for cookie in window.context.cookies()}
    assert cookies.keys() == COOKIES
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == ("localhost", "/")
    now = page.evaluate("() => Date.now() / 1000")
    assert 0 < cookies["__Host-chatmount"]["expires"] - now <= DAYS_30
    assert page.evaluate("() => document.cookie") == ""
    sign_out(page)
    assert "__Host-chatmount" not in {cookie["name"] for cookie in window.context.cookies()}


def sign_out(page: Page) -> None:
    """And then go back, as whoever sits down next may do."""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You have signed out.")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/dashboard/sign-in\?next="))
    assert "Harbour Bikes" not in page.content()
