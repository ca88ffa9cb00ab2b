"""`acct_x/audit`: who did what and when, in words."""

import pytest

from services.auth.records import Action
from services.trust.principal import MemberRole, Principal, Role
from services.web.dashboard.audit_events import OF_ACCOUNT
from tests.each import for_each
from tests.turned_clock import at
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Done to people, not in an account.
OF_PEOPLE = {
    "user.create",
    "user.rename",
    "user.enable",
    "user.disable",
    "user.password",
    "user.sign-in",
    "user.sign-out",
}


def audit(dashboard: Dashboard, query: str = "") -> str:
    return f"/dashboard/{dashboard.account.id}/audit{query}"


def told(reply: Reply) -> list[list[str]]:
    """Who, what, details."""
    return [[cell.text for cell in row.children[1:]] for body in reply.page.all("tbody") for row in body.all("tr")]


async def test_every_change_in_an_account_has_words() -> None:
    assert set(OF_ACCOUNT) == set(Action) - OF_PEOPLE - {"account.delete"}


async def test_an_owner_reads_who_did_what(dashboard: Dashboard) -> None:
    ada = Principal(Role.ROLE_OPERATOR, subject="ada@laptop")
    key = await dashboard.call(
        "auth",
        "CreateApiKey",
        ada,
        chatbot_id=dashboard.chatbot.id,
        name="<b>shop</b>",
        allowlist=["10.0.0.0/8"],
        expires_at=int(at("2027-01-31 23:59:59")),
    )
    rotated = await dashboard.call("auth", "RotateApiKey", ada, api_key_id=key.api_key.id)
    await dashboard.call("auth", "SetApiKeyAllowlist", ada, api_key_id=key.api_key.id, allowlist=[])
    await dashboard.call("auth", "SetAccountPlan", ada, account_id=dashboard.account.id, plan="enterprise")
    await dashboard.call("auth", "UpdateChatbot", ada, chatbot_id=dashboard.chatbot.id, name="Desk")
    await dashboard.call("auth", "SetChatbotEnabled", ada, chatbot_id=dashboard.chatbot.id, enabled=False)
    fields = {"role": "editor"}
    await dashboard.post(f"/dashboard/{dashboard.account.id}/members/{dashboard.users['viewer'].id}/role", fields)
    reply = await dashboard.get(audit(dashboard))
    before, after = key.api_key.last4, rotated.api_key.last4
    assert told(reply)[:7] == [
        ["owner@example.com", "Changed a member's role", "E-mail viewer@example.com Role viewer → editor"],
        ["ada@laptop", "Switched a chatbot off", "Chatbot Desk"],
        ["ada@laptop", "Renamed a chatbot", "Name Help Desk → Desk"],
        ["ada@laptop", "Changed the plan", "Plan plus → enterprise"],
        ["ada@laptop", "Changed the addresses of an API key", "Chatbot Desk Addresses 10.0.0.0/8 → everywhere"],
        ["ada@laptop", "Rotated an API key", f"Chatbot Desk Key ends in {before} → {after}"],
        [
            "ada@laptop",
            "Created an API key",
            f"Chatbot Desk Name <b>shop</b> Key ends in {before} Addresses 10.0.0.0/8 Works until 2027-01-31 23:59 UTC",
        ],
    ]
    assert told(reply)[-1] == ["unknown", "Created the account", "Name Acme Plan plus"]
    assert key.secret not in reply.text
    assert rotated.secret not in reply.text


@for_each("who", ["viewer", "editor"])
async def test_others_are_told_who_may(dashboard: Dashboard, who: str) -> None:
    reply = await dashboard.get(audit(dashboard), who)
    assert reply.status == 403
    assert f"Your role ({who}) can't do this. It takes an owner of the account." in reply.page.text


async def test_the_log_is_of_this_account_alone(dashboard: Dashboard) -> None:
    other = await dashboard.new_account("Other", owner="owner")
    reply = await dashboard.get(f"/dashboard/{other.id}/audit", "operator")
    assert [row[1] for row in told(reply)] == ["Added a member", "Created the account"]


async def test_the_list_is_narrowed_by_action_chatbot_and_days(dashboard: Dashboard) -> None:
    dashboard.clock.now = at("2026-11-24 23:59:59")
    other = await dashboard.new_chatbot("Other")
    dashboard.clock.now = at("2026-11-23 10:00:00")
    for query, what in {
        "action=chatbot.create": ["Created a chatbot"] * 2,
        f"action=chatbot.create&chatbot={other.id}": ["Created a chatbot"],
        f"chatbot={dashboard.chatbot.id}": ["Created a chatbot"],
        "since=2026-11-24": ["Created a chatbot"],
        "since=2026-11-24&until=2026-11-24": ["Created a chatbot"],
        "action=member.add&until=2026-11-23": ["Added a member"] * 3,
        "action=key.create": [],
        "since=2026-11-25": [],
    }.items():
        reply = await dashboard.get(audit(dashboard, f"?{query}"))
        assert (reply.status, [row[1] for row in told(reply)]) == (200, what), query
        if not what:
            assert reply.page.one(class_="empty").text == "No event is like that. All events"
    everything = len(told(await dashboard.get(audit(dashboard))))
    assert len(told(await dashboard.get(audit(dashboard, "?action=x&chatbot=%00")))) == everything
    wrong = await dashboard.get(audit(dashboard, "?until=yesterday"))
    assert (wrong.status, told(wrong)) == (422, [])
    assert wrong.page.one(id="until-error").text == "This must be a day such as 2026-11-23."


async def test_the_list_is_cut_in_pages(dashboard: Dashboard) -> None:
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id)
    user_id = dashboard.users["viewer"].id
    for number in range(51):
        role = MemberRole.MEMBER_ROLE_EDITOR if number % 2 == 0 else MemberRole.MEMBER_ROLE_VIEWER
        await dashboard.call("auth", "SetMemberRole", scope, user_id=user_id, role=role)
    first = await dashboard.get(audit(dashboard, "?action=member.set-role"))
    assert len(told(first)) == 50
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert [row[2] for row in told(following)] == ["E-mail viewer@example.com Role viewer → editor"]
