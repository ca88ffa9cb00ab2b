"""`sign-in`, `sign-out`, `link`: ways into a session, and out of it."""

import pytest

from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.web.browser import Browser
from tests.web.dashboard import PASSWORD, Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIGN_IN = "/dashboard/sign-in"
WRONG = "E-mail address or password is wrong."


async def at_the_form(dashboard: Dashboard, query: str = "") -> tuple[Browser, dict[str, str]]:
    """A browser that has opened the form, and what is in its hidden fields."""
    browser = dashboard.new_browser()
    page = (await browser.get(SIGN_IN + query)).page
    return browser, {field.get("name"): field.get("value") for field in page.all("input", type="hidden")}


async def test_a_person_signs_in_sees_the_page_they_wanted_and_signs_out(dashboard: Dashboard) -> None:
    wanted = f"/dashboard/{dashboard.account.id}/?page=&x=1"
    browser, _ = await at_the_form(dashboard)
    turned_away = await browser.get(wanted)
    assert turned_away.status == 303
    page = (await browser.get(turned_away.location)).page
    hidden = {field.get("name"): field.get("value") for field in page.all("input", type="hidden")}
    entered = await browser.post(SIGN_IN, hidden | {"email": "owner@example.com", "password": PASSWORD})
    assert (entered.status, entered.location) == (303, wanted)
    assert (await browser.get(wanted)).status == 200
    secret = browser.cookies["__Host-chatmount"]
    left = await browser.post("/dashboard/sign-out")
    assert left.status == 303
    assert (await browser.get(left.location)).page.one("p", role="status").text == "You have signed out."
    # Not only the browser has forgotten it.
    browser.cookies["__Host-chatmount"] = secret
    assert (await browser.get("/dashboard/me")).status == 303


@for_each("email", ["owner@example.com", "nobody@example.com", "no address", ""])
async def test_whatever_was_wrong_the_answer_is_the_same(dashboard: Dashboard, email: str) -> None:
    browser, hidden = await at_the_form(dashboard)
    reply = await browser.post(SIGN_IN, hidden | {"email": email, "password": "wrong password"})
    assert reply.status == 422
    assert reply.page.one(role="alert").text == WRONG
    assert reply.page.one("input", id="email").get("value") == email
    assert reply.page.one("input", id="password").get("value") == ""
    assert "__Host-chatmount" not in browser.cookies


async def test_nobody_is_led_out_of_the_dashboard(dashboard: Dashboard) -> None:
    browser, hidden = await at_the_form(dashboard, "?next=https%3A%2F%2Fevil.example%2Fdashboard%2F")
    entered = await browser.post(SIGN_IN, hidden | {"email": "owner@example.com", "password": PASSWORD})
    assert entered.location == "/dashboard/"


async def test_a_browser_that_drops_the_cookie_is_told_where_it_would_keep_it(dashboard: Dashboard) -> None:
    fields = {"email": "owner@example.com", "password": PASSWORD}
    reply = await dashboard.new_browser().post(SIGN_IN, fields, host="chat.example:8080")
    assert reply.status == 422
    assert "https://chat.example:8443/dashboard/sign-in" in reply.page.one(role="alert").text
    reply = await dashboard.new_browser().post(SIGN_IN, fields, x_forwarded_proto="https")
    assert "Allow cookies" in reply.page.one(role="alert").text


async def test_after_five_failures_the_form_says_how_long_to_wait(dashboard: Dashboard) -> None:
    fields = {"email": "someone@example.com", "password": "wrong password"}
    browser, hidden = await at_the_form(dashboard)
    replies = [await browser.post(SIGN_IN, hidden | fields) for _ in range(6)]
    assert [reply.status for reply in replies] == [422] * 5 + [429]
    assert "Try again in 60 seconds." in replies[-1].page.one(role="alert").text


async def test_a_link_sets_a_password_once(dashboard: Dashboard) -> None:
    link = await dashboard.auth("CreateSignInLink", user_id=dashboard.users["stranger"].id)
    path = f"/dashboard/link?secret={link.secret}"
    browser = dashboard.new_browser()
    page = (await browser.get(path)).page
    assert "stranger@example.com" in page.text
    hidden = {field.get("name"): field.get("value") for field in page.all("input", type="hidden")}
    short = await browser.post("/dashboard/link", hidden | {"password": "short"})
    assert short.status == 422
    assert short.page.one(id="password-error").text == "Password must be 10 to 1000 characters."
    entered = await browser.post("/dashboard/link", hidden | {"password": PASSWORD})
    assert (entered.status, entered.location) == (303, "/dashboard/")
    assert (await browser.get("/dashboard/me")).status == 200
    for again in (await browser.get(path), await browser.post("/dashboard/link", hidden | {"password": PASSWORD})):
        assert again.status == 404
        assert "This link was used or is too old. Ask whoever gave it to you" in again.page.text
    dashboard.browsers["stranger"] = browser


@for_each("path", ["/dashboard/link", "/dashboard/link?secret=", "/dashboard/link?secret=made-up"])
async def test_a_link_that_never_was_one_reads_as_one_that_was_used(dashboard: Dashboard, path: str) -> None:
    reply = await dashboard.new_browser().get(path)
    assert reply.status == 404
    assert "This link was used or is too old." in reply.page.text


async def test_without_its_own_token_the_process_says_that_nobody_can_sign_in(dashboard: Dashboard) -> None:
    token = dashboard.home / "web" / "token"
    right = token.read_text()
    wrong = dashboard.signer.sign(Principal(Role.ROLE_EDGE), 3600, ("auth",))
    for text in ("garbled", wrong):
        token.write_text(text)
        browser, hidden = await at_the_form(dashboard)
        reply = await browser.post(SIGN_IN, hidden | {"email": "owner@example.com", "password": PASSWORD})
        assert reply.status == 503
        assert "Nobody can sign in at the moment." in reply.page.text
    token.write_text(right)
    browser, hidden = await at_the_form(dashboard)
    reply = await browser.post(SIGN_IN, hidden | {"email": "owner@example.com", "password": PASSWORD})
    assert reply.status == 303
