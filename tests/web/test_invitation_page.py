"""`invitation`: becoming a member by a link."""

import pytest

from services.trust.principal import MemberRole, Principal, Role
from tests.web.browser import Browser
from tests.web.dashboard import PASSWORD, Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/dashboard/invitation"


async def invited(dashboard: Dashboard, email: str) -> tuple[Browser, dict[str, str]]:
    """A browser at an invitation, and what is in the hidden fields of its form."""
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id)
    made = await dashboard.call(
        "auth",
        "CreateInvitation",
        scope,
        email=email,
        role=MemberRole.MEMBER_ROLE_EDITOR,
        creation_id="c" * 16 + email[:4],
    )
    browser = dashboard.new_browser()
    page = (await browser.get(f"{PATH}?secret={made.secret}")).page
    assert f"You are invited to the account Acme as an editor, by the address {email}." in page.text
    return browser, {field.get("name"): field.get("value") for field in page.all("input", type="hidden")}


async def test_somebody_new_gives_a_name_and_a_password_and_is_in(dashboard: Dashboard) -> None:
    browser, hidden = await invited(dashboard, "grace@example.com")
    wrong = await browser.post(PATH, hidden | {"name": "", "password": PASSWORD})
    assert (wrong.status, wrong.page.one(id="name-error").text[:9]) == (422, "Name must")
    entered = await browser.post(PATH, hidden | {"name": "Grace", "password": PASSWORD})
    assert (entered.status, entered.location) == (303, f"/dashboard/{dashboard.account.id}/")
    page = (await browser.get(entered.location)).page
    assert page.one("nav", class_="own").one("bdi").text == "Grace"
    used = await browser.get(f"{PATH}?secret={hidden['secret']}")
    assert (used.status, "This link was used or is too old." in used.page.text) == (404, True)


async def test_who_has_a_password_here_gives_that_one(dashboard: Dashboard) -> None:
    browser, hidden = await invited(dashboard, "stranger@example.com")
    wrong = await browser.post(PATH, hidden | {"password": "wrong password"})
    assert wrong.status == 422
    assert not wrong.page.all("input", id="name")
    entered = await browser.post(PATH, hidden | {"password": PASSWORD})
    assert entered.location == f"/dashboard/{dashboard.account.id}/"
    assert (await dashboard.get(entered.location, "stranger")).status == 200
