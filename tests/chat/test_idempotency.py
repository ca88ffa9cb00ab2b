"""Requests with an Idempotency-Key: one answer and one charge, however often they are sent."""

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import pytest

from services.chat.idempotency.answers import LEASE_SECONDS
from services.errors import Reason
from tests.turned_clock import TurnedClock
from tests.waiting import until

from .chat_harness import KEY, OTHER_KEY, Chat, refusal_of, refused
from .conftest import Serving
from .faults import down
from .scripted_neighbours import ScriptedAnswerer

HEADERS = [("idempotency-key", "order-1")]


async def kinds(chat: Chat) -> list[str]:
    """The kinds of events of a stream."""
    return [event.type for event in await chat.events(headers=HEADERS)]


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


async def test_a_first_that_fails_before_its_first_token_leaves_nothing_and_the_next_one_tries(
    replicas: list[Chat], answerer: ScriptedAnswerer
) -> None:
    script = answerer.script
    answerer.script = [0.1, down()]
    failed = await asyncio.gather(*(one.ask(headers=HEADERS) for one in replicas * 3), return_exceptions=True)
    assert {refusal_of(error).reason for error in failed} == {Reason.UNAVAILABLE}
    answerer.script = script
    await replicas[1].ask(headers=HEADERS)
    await until(lambda: replicas[0].quota.held == 0)
    assert replicas[0].quota.charged == 1
    # What failed is no answer: another body may be sent under the same key after it.
    answerer.script = [down()]
    with pytest.raises(grpc.aio.AioRpcError):
        await replicas[0].ask("A", headers=[("idempotency-key", "k")])
    answerer.script = script
    await until(lambda: replicas[0].quota.held == 0)
    await replicas[0].ask("B", headers=[("idempotency-key", "k")])


async def test_an_answer_that_broke_off_is_made_again_for_the_same_credit(
    replicas: list[Chat], answerer: ScriptedAnswerer
) -> None:
    script = answerer.script
    answerer.script = ["With", down()]
    assert await kinds(replicas[0]) == ["token", "error"]
    assert replicas[0].quota.charged == 1
    # A failure in between gives nothing back: something was shown.
    answerer.script = [down()]
    with pytest.raises(grpc.aio.AioRpcError):
        await kinds(replicas[1])
    answerer.script = script
    await until(lambda: answerer.running == 0)
    assert await kinds(replicas[1]) == ["token", "token", "token", "sources", "done"]
    assert (replicas[0].quota.charged, replicas[0].quota.held) == (1, 0)


async def test_a_client_that_left_and_comes_again_is_charged_once(chat: Chat, answerer: ScriptedAnswerer) -> None:
    gate, script = asyncio.Event(), answerer.script
    answerer.script = ["With", gate]
    stream = chat.stream(headers=HEADERS)
    assert (await stream.read()).type == "token"
    stream.cancel()
    await until(lambda: answerer.running == 0)
    answerer.script = script
    assert (await kinds(chat))[-1] == "done"
    assert (chat.quota.charged, chat.quota.held) == (1, 0)


async def test_an_attempt_that_was_killed_is_taken_over_when_its_lease_ends(
    replicas: list[Chat], answerer: ScriptedAnswerer, clock: TurnedClock
) -> None:
    """A killed process renews no lease, nor does one under a clock that was put forward."""
    gate, script = asyncio.Event(), answerer.script
    answerer.script = ["With", gate]
    dead = replicas[0].stream(headers=HEADERS)
    assert (await dead.read()).type == "token"
    waiting = asyncio.create_task(kinds(replicas[1]))
    answerer.script = script
    await asyncio.sleep(0.3)
    assert not waiting.done()
    clock.now += LEASE_SECONDS + 1
    assert (await waiting)[-1] == "done"
    # The dead one comes back to life too late to change anything.
    gate.set()
    assert (await dead.read()).type == "sources"
    assert (replicas[0].quota.charged, replicas[0].quota.held) == (1, 0)
    assert (await kinds(replicas[0]))[-1] == "done"


async def test_a_reservation_that_ended_meanwhile_is_replaced(
    replicas: list[Chat], answerer: ScriptedAnswerer, clock: TurnedClock
) -> None:
    gate, script = asyncio.Event(), answerer.script
    answerer.script = [gate, *script]
    slow = asyncio.create_task(replicas[0].ask(headers=HEADERS))
    await until(lambda: answerer.running)
    replicas[0].quota.expire_all()
    clock.now += LEASE_SECONDS + 1
    answerer.script = script
    taken_over = await replicas[1].ask(headers=HEADERS)
    gate.set()
    await asyncio.gather(slow, return_exceptions=True)
    assert await replicas[0].ask(headers=HEADERS) == taken_over
    await until(lambda: replicas[0].quota.held == 0)
    assert replicas[0].quota.charged == 1
