"""Rates and credits, one after the other; when many come at once: tests/promises/replicated."""

import time
from concurrent.futures import ThreadPoolExecutor

from chatmount.quota.v1.quota_pb2 import GetUsageResponse

from tests.one_day import within_one_day

from .client import Client, Reply
from .operator_client import OperatorClient
from .stack import Stack


def ask_at_once(client: Client, key: str, times: int, **fields: object) -> list[Reply]:
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda _: client.ask(key=key, **fields), range(times)))


def statuses(replies: list[Reply]) -> dict[int, int]:
    found = [reply.status for reply in replies]
    return {status: found.count(status) for status in set(found)}


def test_a_minute_window_counts_down_and_then_says_for_how_long(client: Client, operator: OperatorClient) -> None:
    key = operator.tenant("fiveaminute", pages=False).key
    began = int(time.time())
    replies = [client.ask(key=key) for _ in range(7)]
    assert [reply.status for reply in replies] == [200] * 5 + [429] * 2
    assert [int(reply.headers["x-ratelimit-remaining"]) for reply in replies] == [4, 3, 2, 1, 0, 0, 0]
    assert {reply.headers["x-ratelimit-limit"] for reply in replies} == {"5"}
    resets = {int(reply.headers["x-ratelimit-reset"]) for reply in replies}
    assert len(resets) == 1, "refused requests do not extend the window"
    refused = replies[-1]
    assert refused.headers["x-ratelimit-reason"] == "minute"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert began < resets.pop() <= int(time.time()) + 60
    assert refused.error


def test_the_minute_of_a_key_is_counted_by_envoy_or_by_auth(stack: Stack, mode: str) -> None:
    """By Auth where it shares a process with Quota, as it does in the full mode here."""
    configuration = (stack.home / "envoy" / "envoy.json").read_text()
    assert ('"door": "question"' in configuration, '"descriptor_key": "key_id"' in configuration) == (
        (True, False) if mode == "full" else (False, True)
    )


def test_every_key_has_a_window_of_its_own(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant("fiveaminute", pages=False)
    _, other = operator.create_key(tenant.chatbot_id)
    assert statuses([client.ask(key=tenant.key) for _ in range(6)]) == {200: 5, 429: 1}
    assert client.ask(key=other).status == 200


def test_a_rotated_key_keeps_its_window(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant("fiveaminute", pages=False)
    assert statuses([client.ask(key=tenant.key) for _ in range(5)]) == {200: 5}
    assert client.ask(key=operator.rotate(tenant.key_id)).status == 429


def test_a_bad_request_counts_in_the_minute_but_costs_no_credit(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant("fiveaminute", pages=False)
    bad = [client.ask(session_id="x" * 300, key=tenant.key), client.send(content=b"{", key=tenant.key)]
    bad += [client.ask("", key=tenant.key) for _ in range(4)]
    assert [reply.status for reply in bad] == [400] * 5 + [429]
    assert operator.usage(tenant, "fiveaminute").credits_used == 0


def test_the_minute_is_checked_before_the_body_and_the_key_before_the_minute(
    client: Client, operator: OperatorClient
) -> None:
    key = operator.tenant("fiveaminute", pages=False).key
    for _ in range(5):
        client.ask(key=key)
    assert client.ask("", key=key).status == 429
    assert client.ask("", key="").status == 401


def test_the_daily_cap_of_a_chatbot_names_itself(client: Client, operator: OperatorClient) -> None:
    def four() -> list[Reply]:
        tenant = operator.tenant("threeaday", pages=False)
        return [client.ask(key=tenant.key) for _ in range(4)]

    replies = within_one_day(four)
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[-1].headers["x-ratelimit-reason"] == "day"
    assert 0 < int(replies[-1].headers["retry-after"]) <= 86400


def test_credits_are_the_accounts_and_the_daily_cap_is_the_chatbots(client: Client, operator: OperatorClient) -> None:
    def ask_both() -> tuple[list[int], GetUsageResponse]:
        first = operator.tenant("threeaday", pages=False)
        _, second = operator.create_key(operator.create_chatbot(first.account_id))
        asked = [client.ask(key=key).status for key in (*[first.key] * 4, second)]
        return asked, operator.usage(first, "threeaday")

    asked, usage = within_one_day(ask_both)
    assert asked == [200, 200, 200, 429, 200]
    assert usage.credits_used == 4
    assert sorted(row.credits_used for row in usage.chatbots) == [1, 3]


def test_a_better_plan_holds_for_the_next_request(client: Client, operator: OperatorClient) -> None:
    def change_plan() -> tuple[dict[int, int], Reply]:
        tenant = operator.tenant("seven", pages=False)
        before = statuses(ask_at_once(client, tenant.key, 8))
        operator.set_plan(tenant.account_id, "metered")
        return before, client.ask(key=tenant.key)

    before, after = within_one_day(change_plan)
    assert before == {200: 7, 429: 1}
    assert after.json["usage"]["credits_remaining"] == 1_000_000 - 8


def test_failed_attempts_are_limited_per_address_and_a_right_key_is_not(client: Client, stack: Stack) -> None:
    """On a stack of our own, where this test's address has failed at nothing else."""
    replies = [client.ask(key="cm_live_wrong") for _ in range(62)]
    assert [reply.status for reply in replies] == [401] * 60 + [429] * 2
    assert [int(reply.headers["x-ratelimit-remaining"]) for reply in replies] == [*range(59, -1, -1), 0, 0]
    refused = replies[-1]
    assert refused.headers["x-ratelimit-reason"] == "minute"
    assert refused.headers["x-ratelimit-limit"] == "60"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert client.ask().status == 200
