"""Requests with an Idempotency-Key: one answer and one charge, however often they are sent."""

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import pytest

from services.errors import Reason
from tests.turned_clock import TurnedClock
from tests.waiting import until

from .callers import KEY, OTHER_KEY
from .chat_harness import Chat, refusal_of, refused
from .conftest import Serving
from .idempotent_requests import HEADERS, kinds
from .scripted_neighbours import ScriptedAnswerer


async def test_the_same_request_again_gets_the_stored_reply_and_costs_nothing(
    replicas: list[Chat], answerer: ScriptedAnswerer
) -> None:
    first = await replicas[0].ask(headers=HEADERS, session_id="s")
    for replica in replicas * 2:
        assert await replica.ask(headers=HEADERS, session_id="s") == first
    assert len(answerer.questions) == 1
    assert replicas[0].quota.charged == 1
    assert len(await replicas[0].turns("s")) == 1


async def test_a_stream_is_replayed_event_by_event(replicas: list[Chat], answerer: ScriptedAnswerer) -> None:
    first = [event async for event in replicas[0].stream(headers=HEADERS)]
    assert [event.type for event in first] == ["token", "token", "token", "sources", "done"]
    for replica in replicas:
        assert [event async for event in replica.stream(headers=HEADERS)] == first
    assert len(answerer.questions) == 1
    assert replicas[0].quota.charged == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_fifty_at_once_over_two_replicas_are_one_answer_and_one_charge(
    replicas: list[Chat], answerer: ScriptedAnswerer, streamed: bool
) -> None:
    answerer.script = [0.2, *answerer.script]

    async def one(number: int) -> Any:
        replica = replicas[number % 2]
        if streamed:
            return [event async for event in replica.stream(headers=HEADERS)]
        return await replica.ask(headers=HEADERS)

    replies = await asyncio.gather(*map(one, range(50)))
    assert all(reply == replies[0] for reply in replies)
    assert len(answerer.questions) == 1
    assert (replicas[0].quota.charged, replicas[0].quota.held) == (1, 0)


@pytest.mark.parametrize(
    "other", [{"message": "Else?"}, {"session_id": "t"}, {"include_sources": False}, {"session_id": None}]
)
async def test_another_body_under_the_same_key_is_a_conflict(chat: Chat, other: dict[str, Any]) -> None:
    await chat.ask(headers=HEADERS, session_id="s")
    fields = {"session_id": "s"} | other
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await chat.ask(headers=HEADERS, **{name: value for name, value in fields.items() if value is not None})
    assert refusal_of(caught.value).reason == Reason.IDEMPOTENCY_CONFLICT
    assert caught.value.code() == grpc.StatusCode.ABORTED
    assert chat.quota.charged == 1


async def test_the_same_question_streamed_is_another_request(chat: Chat) -> None:
    await chat.ask(headers=HEADERS)
    assert await refused(kinds(chat)) == Reason.IDEMPOTENCY_CONFLICT


async def test_a_conflict_is_told_while_the_first_still_runs(chat: Chat, answerer: ScriptedAnswerer) -> None:
    gate = asyncio.Event()
    answerer.script = [gate, *answerer.script]
    first = asyncio.create_task(chat.ask(headers=HEADERS))
    await until(lambda: answerer.running)
    assert await refused(chat.ask("Else?", headers=HEADERS)) == Reason.IDEMPOTENCY_CONFLICT
    gate.set()
    await first


async def test_defaults_spelled_out_are_the_same_request(chat: Chat, answerer: ScriptedAnswerer) -> None:
    first = await chat.ask(headers=HEADERS)
    # `stream` chooses a method over REST, and is passed over by both.
    assert await chat.ask(headers=HEADERS, session_id="", include_sources=True, stream=True) == first
    assert len(answerer.questions) == 1


async def test_another_api_key_is_another_request(chat: Chat, answerer: ScriptedAnswerer) -> None:
    for principal in (KEY, replace(KEY, key_id="key_9"), OTHER_KEY):
        await chat.ask(principal=principal, headers=HEADERS)
    assert len(answerer.questions) == 3
    assert chat.quota.charged == 3


async def test_another_idempotency_key_is_another_request(chat: Chat, answerer: ScriptedAnswerer) -> None:
    for key in ("order-1", "order-2", "order-1"):
        await chat.ask(f"About {key}?", headers=[("idempotency-key", key)])
    assert [question.text for question in answerer.questions] == ["About order-1?", "About order-2?"]
    assert chat.quota.charged == 2


async def test_a_replay_needs_no_credit(chat: Chat) -> None:
    first = await chat.ask(headers=HEADERS)
    chat.quota.credits = 0
    assert await chat.ask(headers=HEADERS) == first


async def test_after_a_day_the_key_stands_for_nothing(
    chat: Chat, clock: TurnedClock, answerer: ScriptedAnswerer
) -> None:
    await chat.ask(headers=HEADERS)
    clock.now += 24 * 3600 - 1
    await chat.ask(headers=HEADERS)
    assert len(answerer.questions) == 1
    clock.now += 2
    await chat.ask("Something else", headers=HEADERS)
    assert len(answerer.questions) == 2
    assert chat.quota.charged == 2


async def test_a_reply_survives_a_restart(serving: Serving, answerer: ScriptedAnswerer, database_url: str) -> None:
    replies = []
    for _ in range(2):
        async with serving(answerer, database_url=database_url) as chat:
            replies.append(await chat.ask(headers=HEADERS))
    assert replies[0] == replies[1]
    assert len(answerer.questions) == 1
