"""A pool of credits is spent exactly, by many requests at once over many replicas."""

from collections.abc import Callable

import pytest

from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.many_at_once import ask, ask_at_once, client_of
from tests.promises.replicated.replicated_stack import ReplicatedStack

POOL = 10


@pytest.mark.parametrize("account", ["brand-new", "that has asked before"])
async def test_of_many_requests_at_once_as_many_are_answered_as_there_are_credits(
    replicated: ReplicatedStack, operator: OperatorClient, size: Callable[[int], int], account: str
) -> None:
    tenant = operator.tenant("ten", pages=False)
    left = POOL
    if account != "brand-new":
        left -= 1
        (first,) = await ask_at_once(replicated.base_url, [tenant.key])
        assert first.json["usage"] == {"credits_used": 1, "credits_remaining": left}

    replies = await ask_at_once(replicated.base_url, [tenant.key] * size(60))

    answered = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status == 429]
    assert (len(answered), len(refused)) == (left, len(replies) - left)
    # What others have set aside meanwhile is not left, so these need not be all different; but none says too much.
    remaining = sorted(reply.json["usage"]["credits_remaining"] for reply in answered)
    assert all(said <= left_then for said, left_then in zip(remaining, range(left), strict=True)), remaining
    assert all(reply.json["usage"]["credits_used"] == 1 for reply in answered)
    for reply in refused:
        assert reply.headers["x-ratelimit-reason"] == "month"
        assert int(reply.headers["retry-after"]) > 0
        assert reply.error
    usage = operator.usage(tenant, "ten")
    assert (usage.credits_used, usage.credits_remaining, usage.credits_reserved) == (POOL, 0, 0)


async def test_one_after_the_other_over_all_replicas_every_answer_says_one_credit_less(
    replicated: ReplicatedStack, operator: OperatorClient
) -> None:
    tenant = operator.tenant("ten", pages=False)
    async with client_of(replicated.base_url) as client:
        replies = [await ask(client, tenant.key) for _ in range(POOL + 1)]
    assert [reply.json["usage"]["credits_remaining"] for reply in replies[:POOL]] == list(reversed(range(POOL)))
    assert replies[POOL].status == 429
