"""`acct_x/members`: who is in an account; inviting, another role, removing."""

import pytest

from services.trust.principal import MemberRole, Principal, Role
from tests.each import for_each
from tests.waiting import until
from tests.web.browser import Reply
from tests.web.dashboard import PASSWORD, Dashboard
from tests.web.html_check import Element

pytestmark = pytest.mark.asyncio(loop_scope="session")

CREATION = "creation-of-this-test-"


def members(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.account.id}/members{rest}"


def of(dashboard: Dashboard, who: str, deed: str) -> str:
    return members(dashboard, f"/{dashboard.users[who].id}/{deed}")


def rows(reply: Reply) -> list[list[str]]:
    return [[cell.text for cell in row.children] for body in reply.page.all("tbody") for row in body.all("tr")]


def link_named(page: Element, name: str) -> str:
    (found,) = [link.get("href") for link in page.all("a") if name in (link.text, link.get("aria-label"))]
    return found


async def invite(
    dashboard: Dashboard, email: str, role: str = "editor", creation: str = "1", who: str = "owner"
) -> Reply:
    fields = {"email": email, "role": role, "creation_id": CREATION + creation + dashboard.account.id}
    return await dashboard.post(members(dashboard, "/invite"), fields, who)


@for_each("who", ["owner", "operator"])
async def test_owners_see_who_is_in_the_account(dashboard: Dashboard, who: str) -> None:
    reply = await dashboard.get(members(dashboard), who)
    own = " you" if who == "owner" else ""
    assert reply.status == 200
    assert [row[:2] for row in rows(reply)] == [
        ["Editor editor@example.com", "editor"],
        [f"Owner{own} owner@example.com", "owner"],
        ["Viewer viewer@example.com", "viewer"],
    ]
    assert [row[3] for row in rows(reply)] == ["Change role Remove", "the only owner", "Change role Remove"]


async def test_owners_see_when_somebody_was_there(dashboard: Dashboard) -> None:
    dashboard.clock.now += 3600
    await dashboard.get("/dashboard/me", "editor")

    async def is_told() -> bool:
        return rows(await dashboard.get(members(dashboard)))[0][2] == "2026-11-23 11:00 UTC"

    await until(is_told)


@for_each("who", ["viewer", "editor"])
@for_each("rest", ["", "/invite", "/usr_1/role", "/usr_1/remove", "/invitations/inv_1/withdraw"])
async def test_others_are_told_who_may(dashboard: Dashboard, who: str, rest: str) -> None:
    said = f"Your role ({who}) can't do this. It takes an owner of the account."
    shown = await dashboard.get(members(dashboard, rest), who)
    assert (shown.status, said in shown.page.text) == (403, True)
    if rest:
        sent = await dashboard.post(members(dashboard, rest), {"role": "owner", "email": "x@example.com"}, who)
        assert (sent.status, said in sent.page.text) == (403, True)
    navigation = (await dashboard.get(f"/dashboard/{dashboard.account.id}/usage", who)).page.one(
        "nav", class_="sections"
    )
    assert "Members" not in navigation.text


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


async def test_a_member_gets_another_role_from_their_next_click_on(dashboard: Dashboard) -> None:
    change = link_named((await dashboard.get(members(dashboard))).page, "Change the role of Viewer")
    form = (await dashboard.get(change)).page
    assert form.one("option", selected="").text == "Viewer"
    done = await dashboard.post(form.one("main").one("form").get("action"), {"role": "owner"})
    assert done.location == members(dashboard, "?done=saved")
    assert (await dashboard.get(members(dashboard), "viewer")).status == 200
    wrong = await dashboard.post(change, {"role": "king"})
    assert (wrong.status, wrong.page.one(id="role-error").text) == (422, "Role must be one of viewer, editor, owner.")


async def test_a_member_is_removed_after_a_question(dashboard: Dashboard) -> None:
    asked = await dashboard.get(of(dashboard, "viewer", "remove"))
    assert "Viewer, viewer@example.com, sees nothing more of Acme from their next click on." in asked.page.text
    done = await dashboard.post(of(dashboard, "viewer", "remove"))
    assert done.location == members(dashboard, "?done=member-removed")
    assert (await dashboard.get(f"/dashboard/{dashboard.account.id}/", "viewer")).status == 404
    assert (await dashboard.get(of(dashboard, "viewer", "remove"))).status == 404
    assert (await dashboard.post(of(dashboard, "viewer", "remove"))).status == 404


@for_each("deed", ["role", "remove"])
async def test_the_last_owner_stays(dashboard: Dashboard, deed: str) -> None:
    reply = await dashboard.post(of(dashboard, "owner", deed), {"role": "viewer"})
    assert reply.status == 409
    said = "This is the only owner of the account. Make somebody else an owner first."
    assert reply.page.one("p", role="alert").text == said
    assert (await dashboard.get(members(dashboard))).status == 200


async def test_who_takes_their_own_role_away_is_not_sent_to_what_is_closed_to_them(dashboard: Dashboard) -> None:
    await dashboard.post(of(dashboard, "editor", "role"), {"role": "owner"})
    done = await dashboard.post(of(dashboard, "owner", "role"), {"role": "viewer"})
    assert (await dashboard.get(done.location)).status == 200
    asked = await dashboard.get(of(dashboard, "editor", "remove"), "editor")
    assert asked.page.one("h1").text == "Leave this account?"
    await dashboard.post(of(dashboard, "viewer", "role"), {"role": "owner"}, "editor")
    left = await dashboard.post(of(dashboard, "editor", "remove"), who="editor")
    assert left.location == "/dashboard/?done=member-removed"


async def test_people_of_other_accounts_are_not_there(dashboard: Dashboard) -> None:
    nowhere = (await dashboard.get("/dashboard/nowhere")).text
    for deed in ("role", "remove"):
        foreign = await dashboard.get(of(dashboard, "stranger", deed))
        sent = await dashboard.post(of(dashboard, "stranger", deed), {"role": "viewer"})
        assert (foreign.status, foreign.text) == (sent.status, sent.text) == (404, nowhere)


async def test_a_long_list_is_cut_in_pages_and_the_invitations_come_last(dashboard: Dashboard) -> None:
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id)
    for number in range(50):
        email = f"p{number:02}@{dashboard.account.id}.example.com".lower()
        await dashboard.auth("CreateUser", email=email, name=f"<b>Person</b> {number}")
        await dashboard.call("auth", "AddMember", scope, email=email, role=MemberRole.MEMBER_ROLE_VIEWER)
    await invite(dashboard, "last@example.com", who="operator")
    first = await dashboard.get(members(dashboard))
    assert len(rows(first)) == 50
    assert "Open invitations" not in first.text
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert [row[1] for row in rows(following)] == ["viewer"] * 3 + ["editor"]
    assert rows(following)[3][2] == "not a member"
    assert following.page.all("a", rel="next") == []
    for token in ("-1", "9" * 5000):
        assert (await dashboard.get(members(dashboard, f"?page={token}"))).status == 400


async def test_a_disabled_person_is_marked(dashboard: Dashboard) -> None:
    user = (await dashboard.auth("CreateUser", email=f"off@{dashboard.account.id}.de".lower(), name="Off")).user
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id)
    await dashboard.call("auth", "AddMember", scope, email=user.email, role=MemberRole.MEMBER_ROLE_VIEWER)
    await dashboard.auth("SetUserEnabled", user_id=user.id, enabled=False)
    assert ["Off disabled " + user.email, "viewer", "never"] in [
        row[:3] for row in rows(await dashboard.get(members(dashboard)))
    ]
