"""A key's rate limit holds exactly over all replicas and all workers of Envoy together."""

from collections.abc import Callable

from tests.contract.client import Reply
from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.many_at_once import ask, ask_at_once, client_of
from tests.promises.replicated.replicated_stack import ReplicatedStack

LIMIT = 20


def window(reply: Reply) -> tuple[int, int, int]:
    """Limit, remaining and reset, as the reply's headers say."""
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    limit, remaining, reset = (int(reply.headers[name]) for name in names)
    return limit, remaining, reset


async def test_of_a_burst_exactly_the_limit_is_accepted_each_with_another_number_left(
    replicated: ReplicatedStack, operator: OperatorClient, size: Callable[[int], int]
) -> None:
    tenant = operator.tenant("twenty", pages=False)
    replies = await ask_at_once(replicated.base_url, [tenant.key] * size(80))

    accepted = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status == 429]
    assert (len(accepted), len(refused)) == (LIMIT, len(replies) - LIMIT)
    assert sorted(window(reply)[1] for reply in accepted) == list(range(LIMIT))
    resets = {window(reply)[2] for reply in replies}
    assert len(resets) == 1, "one window"
    assert {window(reply)[0] for reply in replies} == {LIMIT}
    for reply in refused:
        assert reply.headers["x-ratelimit-reason"] == "minute"
        assert window(reply)[1] == 0
        assert 0 < int(reply.headers["retry-after"]) <= 60


async def test_what_remains_never_rises_within_a_window(replicated: ReplicatedStack, operator: OperatorClient) -> None:
    tenant = operator.tenant("twenty", pages=False)
    async with client_of(replicated.base_url) as client:
        seen = [window(await ask(client, tenant.key)) for _ in range(LIMIT + 5)]
    assert [remaining for _, remaining, _ in seen] == [*reversed(range(LIMIT)), *[0] * 5]
    assert len({reset for _, _, reset in seen}) == 1
