"""`acct_x/members`: who is in an account; inviting, another role, removing."""

import pytest

from services.trust.principal import MemberRole, Principal, Role
from tests.each import for_each
from tests.waiting import until
from tests.web.dashboard import Dashboard
from tests.web.members_page import invite, link_named, members, of, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
