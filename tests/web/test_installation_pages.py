"""`installation/`: accounts and plans, people and links, for operators alone."""

import pytest

from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.installation_pages import ADDRESSES, CREATION, MADE_UP, PATH, all_rows, of, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")


@for_each(("method", "path"), ADDRESSES)
async def test_nobody_but_operators_sees_or_does_anything(dashboard: Dashboard, method: str, path: str) -> None:
    here = MADE_UP.sub(r"\1_00000000000000000000", path)
    for who in (*MEMBERS, "stranger"):
        reply = await (dashboard.get if method == "GET" else dashboard.post)(here, who=who)
        assert reply.status == 403
        assert "Only operators of this installation may see and do this." in reply.page.text
    found = await (dashboard.get if method == "GET" else dashboard.post)(here, who="operator")
    assert found.status == (404 if "{" in path else 422 if method == "POST" else 200)


async def test_an_operator_creates_an_account_once_and_enters_it(dashboard: Dashboard) -> None:
    form = (await dashboard.get(f"{PATH}accounts/new", "operator")).page
    labels = [option.text for option in form.one("select", id="plan").all("option")]
    assert labels[2:] == ["plus: 1,500 credits a month", "enterprise: unlimited credits a month"]
    fields = {"creation_id": form.one("input", name="creation_id").get("value"), "name": "<b>Bees</b>", "plan": "go"}
    first, second = [await dashboard.post(f"{PATH}accounts/new", fields, "operator") for _ in range(2)]
    assert (first.status, first.location) == (303, second.location)
    page = (await dashboard.get(first.location, "operator")).page
    assert page.one("p", role="status").text == "The account was created. Invite its first owner."
    assert "Nobody is a member yet." in page.text
    listed = [row for row in await all_rows(dashboard, PATH) if row[0] == "<b>Bees</b>"]
    assert listed == [["<b>Bees</b>", "go", "2026-11-23 10:00 UTC", "Change plan Grant credits"]]


@for_each(
    ("name", "plan", "field", "said"),
    [
        ("", "plus", "name", "Name must be between 1 and 200 characters."),
        ("x" * 201, "plus", "name", "Name must be between 1 and 200 characters."),
        ("Fine", "gold", "plan", "Plan must be one of free, go, plus, enterprise."),
    ],
)
async def test_a_wrong_account_is_said_at_its_field(
    dashboard: Dashboard, name: str, plan: str, field: str, said: str
) -> None:
    reply = await dashboard.post(f"{PATH}accounts/new", {"name": name, "plan": plan}, "operator")
    assert (reply.status, reply.page.one(id=f"{field}-error").text) == (422, said)
    assert reply.page.one("input", id="name").get("value") == name


async def test_an_operator_moves_an_account_to_another_plan(dashboard: Dashboard) -> None:
    form = (await dashboard.get(of(dashboard, "plan"), "operator")).page
    assert form.one("option", selected="").get("value") == "plus"
    done = await dashboard.post(of(dashboard, "plan"), {"plan": "free"}, "operator")
    assert done.location == f"{PATH}?done=plan-changed"
    assert (await dashboard.auth("GetAccount", account_id=dashboard.account.id)).account.plan == "free"
    wrong = await dashboard.post(of(dashboard, "plan"), {"plan": "gold"}, "operator")
    assert (wrong.status, wrong.page.one(id="plan-error").text[:19]) == (422, "Plan must be one of")


async def test_an_operator_grants_credits_once(dashboard: Dashboard) -> None:
    form = (await dashboard.get(of(dashboard, "credits"), "operator")).page
    fields = {"creation_id": form.one("input", name="creation_id").get("value"), "amount": "250", "note": " Sorry "}
    for _ in range(2):
        done = await dashboard.post(of(dashboard, "credits"), fields, "operator")
        assert done.location == f"/dashboard/{dashboard.account.id}/usage?done=credits-granted"
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id)
    (entry,) = (await dashboard.call("quota", "ListLedgerEntries", scope)).entries
    assert (entry.amount, entry.note, entry.granted_by) == (250, "Sorry", dashboard.users["operator"].id)
    other = await dashboard.post(of(dashboard, "credits"), fields | {"amount": "300"}, "operator")
    assert (other.status, "another grant" in other.page.one("p", role="alert").text) == (409, True)


@for_each("amount", ["0", "1000001", "-5", "1.5", "many", "", "9" * 30, "٣"])
async def test_a_wrong_amount_is_said_at_its_field(dashboard: Dashboard, amount: str) -> None:
    fields = {"creation_id": CREATION + "amount", "amount": amount, "note": "kept"}
    reply = await dashboard.post(of(dashboard, "credits"), fields, "operator")
    assert (reply.status, reply.page.one(id="amount-error").text) == (422, "Amount must be from 1 to 1000000.")
    assert [reply.page.one("input", id=name).get("value") for name in ("amount", "note")] == [amount, "kept"]
    assert reply.page.one("input", name="creation_id").get("value") == CREATION + "amount"
    long = await dashboard.post(of(dashboard, "credits"), {"amount": "1", "note": "x" * 201}, "operator")
    assert (long.status, long.page.one(id="note-error").text[:12]) == (422, "Note must be")


async def test_without_the_service_accounts_are_listed_and_plans_are_not(dashboard: Dashboard) -> None:
    async with dashboard.without("quota"):
        assert (await dashboard.get(PATH, "operator")).page.all("tbody")
        for path in (f"{PATH}plans", f"{PATH}accounts/new", of(dashboard, "plan")):
            reply = await dashboard.get(path, "operator")
            assert reply.status == 200
            assert reply.page.one(class_="failure").text == "The Quota service does not answer. Try again. Try again"
        kept = await dashboard.post(of(dashboard, "credits"), {"amount": "5", "note": "kept"}, "operator")
        assert (kept.status, kept.page.one("input", id="note").get("value")) == (503, "kept")


async def test_plans_are_shown(dashboard: Dashboard) -> None:
    assert rows(await dashboard.get(f"{PATH}plans", "operator")) == [
        ["free", "50", "no API", "100", "no API"],
        ["go", "500", "no API", "100", "no API"],
        ["plus", "1,500", "60", "10,000", "15"],
        ["enterprise", "unlimited", "200", "50,000", "50"],
    ]
