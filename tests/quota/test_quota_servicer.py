"""QuotaService on the wire."""

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import pytest
from chatmount.errors.v1.error_reason_pb2 import ErrorReason
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.errors import from_rpc_error
from services.principal import Principal, Role
from services.tokens import TokenSigner
from tests.quota.conftest import CALLER, OPERATOR, SERVICE, Served, TurnedClock, at, serve

SEVEN = replace(CALLER, plan="seven")


async def refused(call: Any) -> tuple[str, int | None]:
    """The reason and the wait of a refused call."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = from_rpc_error(caught.value)
    assert error is not None, caught.value
    assert error.text == caught.value.details()
    return ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_"), error.retry_after


async def reserve(served: Served, principal: Principal, **fields: Any) -> str:
    request = quota_pb2.ReserveRequest(**{"request_id": "req-1", **fields})
    return str((await served.quota(principal).Reserve(request)).reservation_id)


async def settle(served: Served, principal: Principal, reservation_id: str) -> quota_pb2.SettleResponse:
    response = await served.quota(principal).Settle(quota_pb2.SettleRequest(reservation_id=reservation_id))
    assert isinstance(response, quota_pb2.SettleResponse)
    return response


async def release(served: Served, principal: Principal, reservation_id: str) -> None:
    await served.quota(principal).Release(quota_pb2.ReleaseRequest(reservation_id=reservation_id))


async def usage(served: Served, principal: Principal) -> quota_pb2.GetUsageResponse:
    response = await served.quota(principal).GetUsage(quota_pb2.GetUsageRequest())
    assert isinstance(response, quota_pb2.GetUsageResponse)
    return response


async def entries(served: Served, principal: Principal = OPERATOR) -> list[quota_pb2.LedgerEntry]:
    response = await served.quota(principal).ListLedgerEntries(quota_pb2.ListLedgerEntriesRequest())
    return list(response.entries)


async def test_forty_parallel_calls_for_seven_credits_of_a_brand_new_account(served: Served) -> None:
    calls = [reserve(served, SEVEN) for _ in range(40)]
    done = await asyncio.gather(*calls, return_exceptions=True)
    errors = [error for error in done if isinstance(error, grpc.aio.AioRpcError)]
    assert (len(done) - len(errors), len(errors)) == (7, 33)
    assert {error.code() for error in errors} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    metadata = {key: value for error in errors for key, value in error.trailing_metadata() or ()}
    seconds = int(at("2026-12-01 00:00:00") - at("2026-11-23 10:00:00"))
    assert metadata["x-ratelimit-reason"] == "month"
    assert metadata["retry-after"] == str(seconds)
    left = await usage(served, SEVEN)
    assert (left.credits_used, left.credits_reserved, left.credits_remaining) == (0, 7, 0)


async def test_a_credit_from_reservation_to_settlement(served: Served) -> None:
    first, second = await reserve(served, SEVEN), await reserve(served, SEVEN)
    settled = await settle(served, SEVEN, first)
    assert (settled.credits_used, settled.credits_remaining) == (1, 5)
    assert await settle(served, SEVEN, first) == settled
    await release(served, SEVEN, second)
    assert (await settle(served, SEVEN, first)).credits_remaining == 6
    assert await refused(settle(served, SEVEN, second)) == ("WRONG_STATE", None)


async def test_the_last_credit_leaves_a_zero_and_not_nothing(served: Served) -> None:
    for _ in range(7):
        last = await settle(served, SEVEN, await reserve(served, SEVEN))
    assert last.HasField("credits_remaining")
    assert last.credits_remaining == 0


async def test_a_plan_with_unlimited_credits_has_no_remaining_ones(served: Served) -> None:
    unlimited = replace(CALLER, plan="enterprise")
    settled = await settle(served, unlimited, await reserve(served, unlimited))
    assert (settled.credits_used, settled.HasField("credits_remaining")) == (1, False)
    report = await usage(served, unlimited)
    assert (report.credits_used, report.HasField("credits_remaining"), report.HasField("credits_per_month")) == (
        1,
        False,
        False,
    )


async def test_the_day_is_capped_for_each_chatbot(served: Served) -> None:
    caller = replace(CALLER, plan="three-a-day")
    for _ in range(3):
        await reserve(served, caller)
    assert await refused(reserve(served, caller)) == ("DAY_LIMIT", 14 * 3600)
    await reserve(served, replace(caller, chatbot_id="bot_2"))


async def test_a_plan_that_was_removed_gives_no_access(served: Served) -> None:
    gone = replace(CALLER, plan="gone")
    assert await refused(reserve(served, gone)) == ("PLAN_WITHOUT_API", None)
    report = await usage(served, gone)
    assert (report.credits_per_month, report.credits_remaining) == (0, 0)


async def test_what_was_reserved_is_settled_though_the_plan_was_removed_meanwhile(served: Served) -> None:
    reservation = await reserve(served, CALLER)
    assert (await settle(served, replace(CALLER, plan="gone"), reservation)).credits_used == 1


async def test_a_plan_without_api_access_serves_other_channels_only(served: Served) -> None:
    free = replace(CALLER, plan="free")
    assert await refused(reserve(served, free)) == ("PLAN_WITHOUT_API", None)
    await reserve(served, replace(free, channel="widget"))
    assert [entry.channel for entry in await entries(served)] == ["widget"]


@pytest.mark.parametrize(
    "fields",
    [{"request_id": ""}, {"request_id": "x" * 129}, {"request_id": "a\nb"}, {"ttl_seconds": -1}, {"ttl_seconds": 3601}],
)
async def test_a_field_out_of_bounds_is_refused(served: Served, fields: dict[str, Any]) -> None:
    assert await refused(reserve(served, CALLER, **fields)) == ("INVALID_FIELD", None)


async def test_ids_out_of_bounds_are_refused(served: Served) -> None:
    for reservation in ("", "x" * 129):
        assert (await refused(settle(served, CALLER, reservation)))[0] == "INVALID_FIELD"
        assert (await refused(release(served, CALLER, reservation)))[0] == "INVALID_FIELD"


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


async def test_the_sweep_of_the_running_service_gives_back(served: Served, clock: TurnedClock) -> None:
    await reserve(served, SEVEN, ttl_seconds=5)
    clock.now += 5
    deadline = asyncio.get_running_loop().time() + 5
    while (await entries(served))[0].state != quota_pb2.LEDGER_STATE_EXPIRED:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    assert (await usage(served, SEVEN)).credits_remaining == 7


async def test_the_default_time_to_live_is_sixty_seconds(served: Served) -> None:
    await reserve(served, CALLER)
    (entry,) = await entries(served)
    assert entry.expires_at_ms - entry.created_at_ms == 60_000


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


@pytest.mark.parametrize(
    "fields", [{"page_size": -1}, {"page_size": 1001}, {"page_token": "é"}, {"page_token": "AAAA"}, {"page_token": "="}]
)
async def test_a_page_that_can_not_be_is_refused(served: Served, fields: dict[str, Any]) -> None:
    call = served.quota(OPERATOR).ListLedgerEntries(quota_pb2.ListLedgerEntriesRequest(**fields))
    assert await refused(call) == ("INVALID_FIELD", None)


async def test_the_plans_are_listed_in_the_order_of_the_file(served: Served) -> None:
    for principal in (SERVICE, OPERATOR):
        plans = (await served.quota(principal).ListPlans(quota_pb2.ListPlansRequest())).plans
        assert [plan.name for plan in plans] == ["seven", "three-a-day", "plus", "enterprise", "free"]
    by_name = {plan.name: plan for plan in plans}
    assert (by_name["seven"].credits_per_month, by_name["seven"].requests_per_minute) == (7, 60)
    assert not by_name["enterprise"].HasField("credits_per_month")


METHODS: dict[str, tuple[Any, frozenset[int]]] = {
    "Reserve": (quota_pb2.ReserveRequest(request_id="r"), frozenset({Role.ROLE_API_KEY})),
    "Settle": (quota_pb2.SettleRequest(reservation_id="r"), frozenset({Role.ROLE_API_KEY})),
    "Release": (quota_pb2.ReleaseRequest(reservation_id="r"), frozenset({Role.ROLE_API_KEY})),
    "GetUsage": (quota_pb2.GetUsageRequest(), frozenset({Role.ROLE_API_KEY, Role.ROLE_OPERATOR})),
    "ListLedgerEntries": (quota_pb2.ListLedgerEntriesRequest(), frozenset({Role.ROLE_OPERATOR})),
    "GetWindow": (
        quota_pb2.GetWindowRequest(api_key_id="k", plan="plus"),
        frozenset({Role.ROLE_SERVICE, Role.ROLE_OPERATOR}),
    ),
    "ListPlans": (quota_pb2.ListPlansRequest(), frozenset({Role.ROLE_OPERATOR, Role.ROLE_SERVICE})),
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
            for role in (Role.ROLE_API_KEY, Role.ROLE_OPERATOR, Role.ROLE_SERVICE, Role.ROLE_EDGE):
                if role not in roles:
                    asked = getattr(served.quota(replace(CALLER, role=role)), name)(request)
                    assert (await refused(asked))[0] == "ROLE_NOT_ALLOWED", (name, role)
            if name not in {"GetWindow", "ListPlans"}:
                unscoped = Principal(next(iter(roles)), plan="plus")  # type: ignore[arg-type]
                assert (await refused(getattr(served.quota(unscoped), name)(request)))[0] == "ROLE_NOT_ALLOWED"


async def test_a_caller_that_leaves_holds_no_credit(served: Served) -> None:
    calls = [served.quota(SEVEN).Reserve(quota_pb2.ReserveRequest(request_id="r")) for _ in range(7)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    deadline = asyncio.get_running_loop().time() + 5
    while (await usage(served, SEVEN)).credits_remaining != 7:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_everything_is_known_after_a_restart(settings: Any, signer: TokenSigner, clock: TurnedClock) -> None:
    async with serve(settings, signer, clock) as first:
        reservation = await reserve(first, SEVEN)
    async with serve(settings, signer, clock) as second:
        assert (await settle(second, SEVEN, reservation)).credits_remaining == 6
