"""Requests with an Idempotency-Key that are sent again after a failure."""

import asyncio

import grpc
import pytest

from services.chat.idempotency.answers import LEASE_SECONDS
from services.errors import Reason
from tests.turned_clock import TurnedClock
from tests.waiting import until

from .chat_harness import Chat, refusal_of
from .faults import down
from .idempotent_requests import HEADERS, kinds
from .scripted_neighbours import ScriptedAnswerer


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
