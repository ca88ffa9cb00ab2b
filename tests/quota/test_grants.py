"""Credits that an operator gives: for this month, once, and told in the ledger."""

from dataclasses import replace
from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2

from services.config.plans import MAXIMUM
from services.quota.ledger import grant as grant_module
from services.trust.principal import Principal
from tests.each import for_each
from tests.quota.conftest import CALLER, OPERATOR, Served
from tests.quota.quota_calls import SEVEN, entries, refused, reserve, settle, usage
from tests.turned_clock import TurnedClock, at

ADA = replace(OPERATOR, plan="seven", subject="ada@laptop")
ID = "grt_abcdefghijklmnop"


async def give(served: Served, principal: Principal = ADA, **fields: Any) -> quota_pb2.GrantCreditsResponse:
    response = await served.quota(principal).GrantCredits(quota_pb2.GrantCreditsRequest(**fields))
    assert isinstance(response, quota_pb2.GrantCreditsResponse)
    return response


async def test_given_credits_come_on_top_of_the_plans(served: Served) -> None:
    given = await give(served, amount=3, note="sorry for the outage")
    assert given.credits_remaining == 10
    for _ in range(10):
        await settle(served, SEVEN, await reserve(served, SEVEN))
    assert (await refused(reserve(served, SEVEN)))[0] == "MONTH_LIMIT"
    found = await usage(served, ADA)
    assert (found.credits_used, found.credits_granted, found.credits_remaining) == (10, 3, 0)
    await give(served, amount=1)
    await reserve(served, SEVEN)


async def test_a_refusal_names_what_was_given(served: Served) -> None:
    await give(served, amount=1)
    for _ in range(8):
        await reserve(served, SEVEN)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reserve(served, SEVEN)
    assert "(7 per month and 1 given)" in (caught.value.details() or "")


async def test_so_much_can_be_given_in_a_month_as_all_numbers_can_hold(
    served: Served, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant_module, "MAXIMUM_PER_MONTH", 1_000_005)
    await give(served, amount=1_000_000)
    assert (await refused(give(served, amount=6)))[0] == "INVALID_FIELD"
    await give(served, amount=5)
    clock.now = at("2026-12-01 00:00:00")
    await give(served, amount=6)


def test_the_most_that_can_be_given_on_the_largest_plan_is_an_int32() -> None:
    assert MAXIMUM + grant_module.MAXIMUM_PER_MONTH < 2**31


async def test_the_ledger_says_who_gave_what_for(served: Served) -> None:
    await give(served, amount=3, note="sorry")
    (row,) = await entries(served)
    assert (row.amount, row.state, row.note, row.granted_by) == (
        3,
        quota_pb2.LEDGER_STATE_GRANTED,
        "sorry",
        "ada@laptop",
    )
    assert row.id.startswith("grt_")


async def test_they_end_with_the_month(served: Served, clock: TurnedClock) -> None:
    clock.now = at("2026-11-30 23:59:59")
    await give(served, amount=3)
    clock.now = at("2026-12-01 00:00:00")
    found = await usage(served, ADA)
    assert (found.credits_granted, found.credits_remaining) == (0, 7)


async def test_a_grant_that_is_repeated_gives_once(served: Served) -> None:
    first = await give(served, amount=3, grant_id=ID)
    assert await give(served, amount=3, grant_id=ID) == first
    assert (await usage(served, ADA)).credits_granted == 3
    assert (await refused(give(served, amount=4, grant_id=ID)))[0] == "WRONG_STATE"
    stranger = replace(ADA, account_id="acct_2")
    assert (await refused(give(served, stranger, amount=3, grant_id=ID)))[0] == "WRONG_STATE"


async def test_on_a_plan_without_limits_they_are_recorded_and_change_nothing(served: Served) -> None:
    given = await give(served, replace(ADA, plan="enterprise"), amount=3)
    assert not given.HasField("credits_remaining")
    assert (await usage(served, replace(ADA, plan="enterprise"))).credits_granted == 3


@for_each(
    "fields",
    [{}, {"amount": -1}, {"amount": 1_000_001}, {"amount": 1, "note": "x" * 201}, {"amount": 1, "note": "a\nb"}],
)
async def test_a_field_out_of_bounds_is_refused(served: Served, fields: dict[str, Any]) -> None:
    assert (await refused(give(served, **fields)))[0] == "INVALID_FIELD"


@for_each("caller", [CALLER, replace(OPERATOR, account_id="")])
async def test_only_an_operator_of_the_account_may_give(served: Served, caller: Principal) -> None:
    assert (await refused(give(served, caller, amount=1)))[0] == "ROLE_NOT_ALLOWED"


async def test_entries_are_found_by_state_request_chatbot_and_time(served: Served, clock: TurnedClock) -> None:
    await settle(served, SEVEN, await reserve(served, SEVEN, request_id="first"))
    clock.now += 60
    await reserve(served, replace(SEVEN, chatbot_id="bot_2"), request_id="second")
    await give(served, amount=5)

    async def found(**fields: Any) -> set[str]:
        request = quota_pb2.ListLedgerEntriesRequest(**fields)
        response = await served.quota(ADA).ListLedgerEntries(request)
        return {row.request_id for row in response.entries}

    assert await found() == {"first", "second", ""}
    assert await found(states=[quota_pb2.LEDGER_STATE_SETTLED]) == {"first"}
    assert await found(states=[quota_pb2.LEDGER_STATE_RESERVED, quota_pb2.LEDGER_STATE_GRANTED]) == {"second", ""}
    assert await found(request_id="second") == {"second"}
    assert await found(chatbot_id="bot_2") == {"second"}
    assert await found(chatbot_id="bot_2", request_id="first") == set()
    assert await found(since_ms=int(clock.now * 1000)) == {"second", ""}
    assert await found(until_ms=int(clock.now * 1000)) == {"first"}
    assert (await refused(found(states=[99])))[0] == "INVALID_FIELD"
