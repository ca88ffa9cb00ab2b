"""QuotaService on the wire: what it tells of usage, entries and plans, and to whom."""

from dataclasses import replace
from typing import Any

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.quota.conftest import CALLER, OPERATOR, SERVICE, Served
from tests.quota.quota_calls import entries, refused, release, reserve, settle, usage
from tests.turned_clock import TurnedClock, at


async def test_an_entry_tells_its_whole_story(served: Served, clock: TurnedClock) -> None:
    reservation = await reserve(served, CALLER, request_id="edge-7", ttl_seconds=30)
    started = int(clock() * 1000)
    (entry,) = await entries(served)
    assert entry == quota_pb2.LedgerEntry(
        id=reservation, account_id="acct_1", chatbot_id="bot_1", api_key_id="key_1", channel="api",
        request_id="edge-7", amount=1, state=quota_pb2.LEDGER_STATE_RESERVED,
        created_at_ms=started, expires_at_ms=started + 30_000,
    )  # fmt: skip
    clock.now += 2
    await settle(served, CALLER, reservation)
    (entry,) = await entries(served)
    assert (entry.state, entry.decided_at_ms) == (quota_pb2.LEDGER_STATE_SETTLED, started + 2000)


async def test_usage_lists_the_chatbots_of_the_month_and_their_day(served: Served, clock: TurnedClock) -> None:
    clock.now = at("2026-10-31 12:00:00")
    await settle(served, CALLER, await reserve(served, CALLER))
    clock.now = at("2026-11-22 12:00:00")
    await settle(served, CALLER, await reserve(served, CALLER))
    clock.now = at("2026-11-23 12:00:00")
    second = replace(CALLER, chatbot_id="bot_2")
    await settle(served, second, await reserve(served, second))
    await reserve(served, second)
    await release(served, CALLER, await reserve(served, replace(CALLER, chatbot_id="bot_1")))
    stranger = replace(CALLER, account_id="acct_2", chatbot_id="bot_3")
    await reserve(served, stranger)
    report = await usage(served, OPERATOR)
    assert (report.month, report.credits_used, report.credits_reserved) == ("2026-11", 2, 1)
    assert (report.credits_per_month, report.credits_remaining) == (1500, 1497)
    assert [(bot.chatbot_id, bot.credits_used, bot.requests_today) for bot in report.chatbots] == [
        ("bot_1", 1, 0),
        ("bot_2", 1, 2),
    ]
    assert {bot.requests_per_day for bot in report.chatbots} == {10_000}
    totals = await served.quota(OPERATOR).GetUsage(quota_pb2.GetUsageRequest(totals_only=True))
    report.ClearField("chatbots")
    assert totals == report
    # A token that names a chatbot sees that one only.
    assert [bot.chatbot_id for bot in (await usage(served, second)).chatbots] == ["bot_2"]
    assert [bot.chatbot_id for bot in (await usage(served, stranger)).chatbots] == ["bot_3"]
    # The next month begins empty.
    clock.now = at("2026-12-01 00:00:00")
    report = await usage(served, OPERATOR)
    assert (report.month, report.credits_used, report.credits_reserved, len(report.chatbots)) == ("2026-12", 0, 0, 0)


async def test_pages_of_entries_are_whole_and_newest_first_though_new_ones_arrive(
    served: Served, clock: TurnedClock
) -> None:
    made = []
    for number in range(7):
        clock.now += number % 2  # some share a millisecond
        made.append(await reserve(served, CALLER))
    await reserve(served, replace(CALLER, account_id="acct_2"))
    seen: list[quota_pb2.LedgerEntry] = []
    token = ""
    while True:
        request = quota_pb2.ListLedgerEntriesRequest(page_size=2, page_token=token)
        page = await served.quota(OPERATOR).ListLedgerEntries(request)
        assert len(page.entries) <= 2
        seen += page.entries
        token = page.next_page_token
        clock.now += 1
        await reserve(served, CALLER)
        if not token:
            break
    assert sorted(entry.id for entry in seen) == sorted(made)
    assert [entry.created_at_ms for entry in seen] == sorted((e.created_at_ms for e in seen), reverse=True)


async def test_an_operator_of_one_chatbot_sees_its_entries_only(served: Served) -> None:
    await reserve(served, CALLER)
    await reserve(served, replace(CALLER, chatbot_id="bot_2"))
    assert {e.chatbot_id for e in await entries(served, replace(OPERATOR, chatbot_id="bot_2"))} == {"bot_2"}
    assert {e.chatbot_id for e in await entries(served)} == {"bot_1", "bot_2"}
    assert await entries(served, replace(OPERATOR, account_id="acct_2")) == []


@for_each(
    "fields", [{"page_size": -1}, {"page_size": 1001}, {"page_token": "é"}, {"page_token": "AAAA"}, {"page_token": "="}]
)
async def test_a_page_that_can_not_be_is_refused(served: Served, fields: dict[str, Any]) -> None:
    call = served.quota(OPERATOR).ListLedgerEntries(quota_pb2.ListLedgerEntriesRequest(**fields))
    assert await refused(call) == ("INVALID_FIELD", None)


async def test_the_plans_are_listed_in_the_order_of_the_file(served: Served) -> None:
    for principal in (SERVICE, OPERATOR):
        plans = (await served.quota(principal).ListPlans(quota_pb2.ListPlansRequest())).plans
        assert [plan.name for plan in plans] == ["seven", "plus", "enterprise", "free", "generous"]
    by_name = {plan.name: plan for plan in plans}
    assert (by_name["seven"].credits_per_month, by_name["seven"].requests_per_minute) == (7, 60)
    assert not by_name["enterprise"].HasField("credits_per_month")


ASKING = {Role.ROLE_API_KEY, Role.ROLE_MEMBER, Role.ROLE_VISITOR}
METHODS: dict[str, tuple[Any, set[int]]] = {
    "Reserve": (quota_pb2.ReserveRequest(request_id="r"), ASKING),
    "Settle": (quota_pb2.SettleRequest(reservation_id="r"), ASKING),
    "Release": (quota_pb2.ReleaseRequest(reservation_id="r"), ASKING),
    "GetUsage": (quota_pb2.GetUsageRequest(), {Role.ROLE_API_KEY, Role.ROLE_OPERATOR, Role.ROLE_MEMBER}),
    "GrantCredits": (quota_pb2.GrantCreditsRequest(amount=1), {Role.ROLE_OPERATOR}),
    "VerifyLedger": (quota_pb2.VerifyLedgerRequest(), {Role.ROLE_OPERATOR}),
    "ListLedgerEntries": (quota_pb2.ListLedgerEntriesRequest(), {Role.ROLE_OPERATOR, Role.ROLE_MEMBER}),
    "ListDailyCredits": (quota_pb2.ListDailyCreditsRequest(), {Role.ROLE_OPERATOR, Role.ROLE_MEMBER}),
    "GetChannelBudget": (
        quota_pb2.GetChannelBudgetRequest(channel="widget"),
        {Role.ROLE_OPERATOR, Role.ROLE_MEMBER},
    ),
    "SetChannelBudget": (
        quota_pb2.SetChannelBudgetRequest(channel="widget"),
        {Role.ROLE_OPERATOR, Role.ROLE_MEMBER},
    ),
    "GetWindow": (
        quota_pb2.GetWindowRequest(api_key_id="k", plan="plus"),
        {Role.ROLE_SERVICE, Role.ROLE_OPERATOR},
    ),
    "ListPlans": (quota_pb2.ListPlansRequest(), {Role.ROLE_OPERATOR, Role.ROLE_SERVICE, Role.ROLE_MEMBER}),
}


async def test_every_method_refuses_wrong_roles_missing_scopes_and_bad_tokens(
    served: Served, signer: TokenSigner
) -> None:
    expired = TokenSigner(["a-secret-that-only-tests-ever-use-0123456789"], lambda: 1_000_000.0)
    forged = TokenSigner(["another-secret-that-was-never-given-to-anyone"])
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub = quota_pb2_grpc.QuotaServiceStub(channel)
        assert set(METHODS) == {name for name in vars(stub) if not name.startswith("_")}
        for name, (request, roles) in METHODS.items():
            call: Any = getattr(stub, name)
            assert (await refused(call(request)))[0] == "MISSING_CREDENTIALS"
            for bad in (expired, forged):
                metadata = (("authorization", f"Bearer {bad.sign(CALLER)}"),)
                assert (await refused(call(request, metadata=metadata)))[0] == "INVALID_TOKEN"
            for role in set(Role.values()) - {Role.ROLE_UNSPECIFIED}:
                if role not in roles:
                    asked = getattr(served.quota(replace(CALLER, role=role)), name)(request)
                    assert (await refused(asked))[0] == "ROLE_NOT_ALLOWED", (name, role)
            if name not in {"GetWindow", "ListPlans", "VerifyLedger"}:
                unscoped = Principal(min(roles), plan="plus")  # type: ignore[arg-type]
                assert (await refused(getattr(served.quota(unscoped), name)(request)))[0] == "ROLE_NOT_ALLOWED"
