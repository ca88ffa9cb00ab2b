"""QuotaService on the wire: credits are reserved, settled and released."""

import asyncio
from dataclasses import replace
from typing import Any

import grpc
from chatmount.quota.v1 import quota_pb2

from services.config.settings import Settings
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.quota.conftest import CALLER, Served, serve
from tests.quota.quota_calls import SEVEN, entries, refused, release, reserve, settle, usage
from tests.turned_clock import TurnedClock, at


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


@for_each(
    "fields",
    [{"request_id": ""}, {"request_id": "x" * 129}, {"request_id": "a\nb"}, {"ttl_seconds": -1}, {"ttl_seconds": 3601}],
)
async def test_a_field_out_of_bounds_is_refused(served: Served, fields: dict[str, Any]) -> None:
    assert await refused(reserve(served, CALLER, **fields)) == ("INVALID_FIELD", None)


async def test_ids_out_of_bounds_are_refused(served: Served) -> None:
    for reservation in ("", "x" * 129):
        assert (await refused(settle(served, CALLER, reservation)))[0] == "INVALID_FIELD"
        assert (await refused(release(served, CALLER, reservation)))[0] == "INVALID_FIELD"


async def test_the_sweep_of_the_running_service_gives_back(served: Served, clock: TurnedClock) -> None:
    await reserve(served, SEVEN, ttl_seconds=5)
    clock.now += 5
    deadline = asyncio.get_running_loop().time() + 30
    while (await entries(served))[0].state != quota_pb2.LEDGER_STATE_EXPIRED:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    assert (await usage(served, SEVEN)).credits_remaining == 7


async def test_the_default_time_to_live_is_the_setting(served: Served, settings: Settings) -> None:
    await reserve(served, CALLER)
    (entry,) = await entries(served)
    assert entry.expires_at_ms - entry.created_at_ms == settings.reservation_seconds * 1000 == 30_000


async def test_a_caller_that_leaves_holds_no_credit(served: Served) -> None:
    calls = [served.quota(SEVEN).Reserve(quota_pb2.ReserveRequest(request_id="r")) for _ in range(7)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    deadline = asyncio.get_running_loop().time() + 30
    while (await usage(served, SEVEN)).credits_remaining != 7:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_everything_is_known_after_a_restart(settings: Any, signer: TokenSigner, clock: TurnedClock) -> None:
    async with serve(settings, signer, clock) as first:
        reservation = await reserve(first, SEVEN)
    async with serve(settings, signer, clock) as second:
        assert (await settle(second, SEVEN, reservation)).credits_remaining == 6
