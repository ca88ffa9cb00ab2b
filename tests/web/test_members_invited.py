"""`acct_x/members`: inviting people, and withdrawing it."""

import pytest

from tests.each import for_each
from tests.web.dashboard import PASSWORD, Dashboard
from tests.web.members_page import CREATION, invite, link_named, members, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_invitation_is_a_link_that_is_shown_once_and_lets_somebody_in(dashboard: Dashboard) -> None:
    form = (await dashboard.get(members(dashboard, "/invite"))).page.one("main").one("form")
    assert form.one("input", name="creation_id").get("value")
    made = await invite(dashboard, "New.Person@example.com")
    link = made.page.one("code", id="link").text
    assert made.page.one("button", data_copy="link").text == "Copy"
    assert "To New.Person@example.com. It works once, until 2026-11-30 10:00 UTC." in made.page.text
    again = await invite(dashboard, "New.Person@example.com")
    assert again.page.all("code") == []
    assert again.page.one("h1").text == "This invitation was made before"
    listed = await dashboard.get(members(dashboard))
    assert rows(listed)[3:] == [
        ["New.Person@example.com", "editor", "owner@example.com", "2026-11-30 10:00 UTC", "Withdraw"]
    ]
    assert "secret" not in listed.text

    newcomer = dashboard.new_browser()
    path = link.partition("/dashboard/")[2]
    assert (await newcomer.get(f"/dashboard/{path}")).status == 200
    fields = {"secret": link.partition("secret=")[2], "name": "New", "password": PASSWORD}
    joined = await newcomer.post("/dashboard/invitation", fields)
    assert (joined.status, joined.location) == (303, f"/dashboard/{dashboard.account.id}/")
    listed = await dashboard.get(members(dashboard))
    assert ["New New.Person@example.com", "editor"] in [row[:2] for row in rows(listed)]
    assert "Open invitations" not in listed.text


@for_each(
    ("email", "role", "status", "field", "said"),
    [
        ("nobody", "viewer", 422, "email", "Email must be an address such as ada@example.com."),
        ("a b@example.com", "viewer", 422, "email", "Email must not contain spaces or control characters."),
        (f"{'x' * 250}@example.com", "viewer", 422, "email", "Email must be at most 254 characters."),
        ("x@example.com", "king", 422, "role", "Role must be one of viewer, editor, owner."),
        ("EDITOR@example.com", "owner", 409, "", "This e-mail address is a member of the account already."),
    ],
)
async def test_a_wrong_invitation_is_said_where_it_is_wrong(
    dashboard: Dashboard, email: str, role: str, status: int, field: str, said: str
) -> None:
    reply = await invite(dashboard, email, role)
    assert reply.status == status
    told = reply.page.one(id=f"{field}-error") if field else reply.page.one(class_="wrong")
    assert told.text == said
    assert reply.page.one("input", id="email").get("value") == email
    assert reply.page.one("input", name="creation_id").get("value").startswith(CREATION)


async def test_an_invitation_is_withdrawn_after_a_question(dashboard: Dashboard) -> None:
    link = (await invite(dashboard, "other@example.com")).page.one("code", id="link").text
    withdraw = link_named(
        (await dashboard.get(members(dashboard))).page, "Withdraw the invitation of other@example.com"
    )
    asked = await dashboard.get(withdraw)
    assert "The link that other@example.com was given works no more." in asked.page.text
    done = await dashboard.post(asked.page.one("main").one("form").get("action"))
    assert done.location == members(dashboard, "?done=invitation-withdrawn")
    assert "Open invitations" not in (await dashboard.get(done.location)).text
    ended = await dashboard.new_browser().get(f"/dashboard/{link.partition('/dashboard/')[2]}")
    assert ended.status == 404
    assert (await dashboard.get(withdraw)).status == 404
