"""Budgets on the wire: what visitors may use of a chatbot's day, and who decides on it."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2

from services.config.settings import Settings
from services.errors import from_rpc_error
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.chat.callers import DIGEST, RETURNING
from tests.each import for_each
from tests.quota.conftest import CALLER, MEMBER, OPERATOR, Served, serve
from tests.quota.quota_calls import entries, refused, release, reserve, settle, usage
from tests.turned_clock import TurnedClock, at

OWNER = replace(MEMBER, member_role="MEMBER_ROLE_OWNER")


async def budget(served: Served, principal: Principal = OWNER, channel: str = "widget") -> quota_pb2.ChannelBudget:
    reply = await served.quota(principal).GetChannelBudget(quota_pb2.GetChannelBudgetRequest(channel=channel))
    assert isinstance(reply.budget, quota_pb2.ChannelBudget)
    return reply.budget


async def put(served: Served, principal: Principal = OWNER, **fields: Any) -> quota_pb2.ChannelBudget:
    request = quota_pb2.SetChannelBudgetRequest(**{"channel": "widget", **fields})
    reply = await served.quota(principal).SetChannelBudget(request)
    assert isinstance(reply.budget, quota_pb2.ChannelBudget)
    return reply.budget


@for_each(("plan", "per_day"), [("plus", 150), ("free", 20), ("enterprise", 1000), ("generous", 77), ("gone", 20)])
async def test_nobody_need_set_a_budget(served: Served, plan: str, per_day: int) -> None:
    found = await budget(served, replace(OWNER, plan=plan))
    assert found == quota_pb2.ChannelBudget(channel="widget", per_day=per_day, is_default=True)


async def test_over_its_budget_the_widget_rests_and_all_else_goes_on(served: Served, clock: TurnedClock) -> None:
    clock.now = at("2026-11-23 22:00:00")
    for left in (2, 1):
        assert await put(served, per_day=2) == quota_pb2.ChannelBudget(channel="widget", per_day=2, used_today=2 - left)
        await reserve(served, RETURNING)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reserve(served, RETURNING)
    error = from_rpc_error(caught.value)
    assert error is not None
    assert (error.reason.name, error.retry_after) == ("DAY_LIMIT", 7200)
    assert error.text == "This chat is resting until tomorrow."
    # Neither the chatbot's other channels nor the account's other chatbots have anything to do with it.
    for other in (CALLER, MEMBER, replace(RETURNING, chatbot_id="bot_2")):
        await settle(served, other, await reserve(served, other))
    assert (await usage(served, OPERATOR)).credits_reserved == 2
    clock.now = at("2026-11-24 00:00:00")
    await reserve(served, RETURNING)
    assert (await budget(served)).used_today == 1


async def test_what_is_given_back_can_be_used_again(served: Served, clock: TurnedClock) -> None:
    await put(served, per_day=1)
    first = await reserve(served, RETURNING)
    await release(served, RETURNING, first)
    second = await reserve(served, RETURNING, ttl_seconds=10)
    assert (await refused(reserve(served, RETURNING)))[0] == "DAY_LIMIT"
    # Overdue, and not swept yet or just now: either way it stands in nobody's way.
    clock.now += 11
    third = await reserve(served, RETURNING)
    await settle(served, RETURNING, third)
    assert (await refused(settle(served, RETURNING, second)))[0] == "WRONG_STATE"
    assert (await refused(reserve(served, RETURNING)))[0] == "DAY_LIMIT"
    assert (await budget(served)).used_today == 1


async def test_a_new_budget_holds_for_the_next_question(served: Served) -> None:
    await put(served, per_day=0)
    assert (await refused(reserve(served, RETURNING)))[0] == "DAY_LIMIT"
    await put(served, per_day=1)
    await reserve(served, RETURNING)
    assert (await refused(reserve(served, RETURNING)))[0] == "DAY_LIMIT"
    assert (await put(served)).is_default
    await reserve(served, RETURNING)
    # Below what is used already: it rests at once.
    assert (await put(served, per_day=1)).used_today == 2
    assert (await refused(reserve(served, RETURNING)))[0] == "DAY_LIMIT"


async def test_owners_who_decide_at_once_are_all_heard(served: Served) -> None:
    await asyncio.gather(*(put(served, per_day=number) for number in range(8)))
    assert (await budget(served)).per_day in range(8)
    assert not (await budget(served)).is_default


async def test_a_budget_above_the_pool_gives_no_more_than_the_pool(served: Served) -> None:
    visitor = replace(RETURNING, plan="seven")
    await put(served, per_day=1_000_000)
    for principal in (visitor, replace(CALLER, plan="seven")) * 3 + (visitor,):
        await reserve(served, principal)
    assert (await refused(reserve(served, visitor)))[0] == "MONTH_LIMIT"


async def test_a_visitor_is_told_nothing_of_plan_and_account(served: Served) -> None:
    async def text(principal: Principal) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reserve(served, principal)
        return str(caught.value.details())

    for _ in range(7):
        await reserve(served, replace(CALLER, plan="seven"))
    assert await text(replace(RETURNING, plan="seven")) == "This chat is resting. Please come back another day."
    assert await text(replace(RETURNING, plan="gone")) == "This chat is not available at the moment."


async def test_the_ledger_names_the_widget_and_nothing_of_the_visitor(served: Served) -> None:
    # Whatever channel the token says.
    for principal in (RETURNING, replace(RETURNING, channel="")):
        await settle(served, principal, await reserve(served, principal))
    for entry in await entries(served):
        assert (entry.api_key_id, entry.channel) == ("wgt_1", "widget")
        assert DIGEST[:16] not in str(entry)


@for_each(
    "fields", [{"channel": "api"}, {"channel": "playground"}, {"channel": ""}, {"per_day": -1}, {"per_day": 1_000_001}]
)
async def test_a_budget_that_can_not_be_is_refused(served: Served, fields: dict[str, Any]) -> None:
    assert (await refused(put(served, **fields)))[0] == "INVALID_FIELD"
    if "channel" in fields:
        assert (await refused(budget(served, **fields)))[0] == "INVALID_FIELD"


async def test_owners_and_operators_decide_and_members_look(served: Served) -> None:
    await put(served, replace(OPERATOR, chatbot_id="bot_1"), per_day=3)
    assert (await budget(served, replace(MEMBER, member_role="MEMBER_ROLE_VIEWER"))).per_day == 3
    assert (await refused(put(served, MEMBER, per_day=4)))[0] == "MEMBER_ROLE"
    for principal in (CALLER, RETURNING, OPERATOR):
        assert (await refused(put(served, principal, per_day=4)))[0] == "ROLE_NOT_ALLOWED"
        assert (await refused(budget(served, principal)))[0] == "ROLE_NOT_ALLOWED"
    assert (await budget(served, replace(OWNER, chatbot_id="bot_2"))).is_default


async def test_at_two_replicas_the_last_ten_credits_are_ten(
    served: Served, settings: Settings, signer: TokenSigner, clock: TurnedClock
) -> None:
    await served.quota(OPERATOR).GrantCredits(quota_pb2.GrantCreditsRequest(amount=3))
    callers = [replace(who, plan="seven") for who in (CALLER, RETURNING)]
    async with serve(settings, signer, clock) as other:

        async def ask(replica: Served, principal: Principal) -> str:
            try:
                return (await reserve(replica, principal))[:4]
            except grpc.aio.AioRpcError as error:
                return str(error.details())

        asked = [ask(replica, who) for _ in range(15) for replica in (served, other) for who in callers]
        answers = Counter(await asyncio.gather(*asked))
    assert answers.pop("rsv_") == 10
    assert len(answers) == 2, answers
    assert answers.pop("This chat is resting. Please come back another day.") + answers.popitem()[1] == 50
    found = await usage(served, OPERATOR)
    assert found.credits_reserved == 10
