"""Attempts at an idempotent request that end badly: the next one neither waits nor pays."""

import asyncio
from typing import Any

import grpc
import pytest

from services.chat.idempotency.answers import LEASE_SECONDS
from services.chat.store.idempotency import IdempotencyStore
from services.errors import Reason
from tests.turned_clock import TurnedClock
from tests.waiting import PATIENCE, until

from .chat_harness import Chat, refused
from .faults import down
from .idempotent_requests import HEADERS, kinds
from .scripted_neighbours import ScriptedAnswerer


async def leave(call: Any) -> None:
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def test_a_client_that_leaves_while_its_entry_is_made_leaves_none_behind(
    chat: Chat, answerer: ScriptedAnswerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun, gate = IdempotencyStore.begin, asyncio.Event(), asyncio.Event()

    async def slow(self: IdempotencyStore, *arguments: Any) -> Any:
        standing = await begin(self, *arguments)
        begun.set()
        await gate.wait()
        return standing

    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyStore, "begin", slow)
        call = asyncio.create_task(chat.ask(headers=HEADERS))
        await begun.wait()
        await leave(call)
        gate.set()
    async with asyncio.timeout(PATIENCE):
        await chat.ask(headers=HEADERS)
    assert (len(answerer.questions), chat.quota.charged, chat.quota.held) == (1, 1, 0)


async def test_an_entry_whose_making_was_not_confirmed_is_no_obstacle(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = IdempotencyStore.begin

    async def unconfirmed(self: IdempotencyStore, *arguments: Any) -> Any:
        await begin(self, *arguments)
        raise down()

    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyStore, "begin", unconfirmed)
        with pytest.raises(grpc.aio.AioRpcError):
            await chat.ask(headers=HEADERS)
    async with asyncio.timeout(PATIENCE):
        await chat.ask(headers=HEADERS)
    assert chat.quota.charged == 1


@pytest.mark.parametrize(("method", "script"), [("forget", (down(),)), ("leave", ("With", down()))])
async def test_an_end_is_told_until_the_store_has_heard_it(
    chat: Chat, answerer: ScriptedAnswerer, monkeypatch: pytest.MonkeyPatch, method: str, script: Any
) -> None:
    tell, tries = getattr(IdempotencyStore, method), []

    async def away_at_first(self: IdempotencyStore, *arguments: Any) -> Any:
        tries.append(arguments)
        if len(tries) < 3:
            raise down()
        return await tell(self, *arguments)

    monkeypatch.setattr(IdempotencyStore, method, away_at_first)
    usual, answerer.script = answerer.script, script
    chat.quota.faults.lose_reply("Settle", times=1)
    await asyncio.gather(kinds(chat), return_exceptions=True)
    answerer.script = usual
    async with asyncio.timeout(PATIENCE):
        assert (await kinds(chat))[-1] == "done"
    assert len(tries) == 3
    await until(lambda: (chat.quota.charged, chat.quota.held) == (1, 0))


async def test_what_died_after_it_was_charged_is_not_charged_again_though_the_next_try_is_refused(
    replicas: list[Chat], clock: TurnedClock, answerer: ScriptedAnswerer
) -> None:
    """The attempt died between its charge and its end: it neither left nor forgot its entry."""
    chat, other = replicas
    gate, usual = asyncio.Event(), answerer.script
    answerer.script = ("With", gate)
    dead = chat.stream(headers=HEADERS)
    assert (await dead.read()).type == "token"
    answerer.script = usual
    for method in ("Reserve", "Settle"):
        clock.now += LEASE_SECONDS + 1
        chat.quota.faults.fail(method, down(), times=50)
        assert await refused(kinds(other)) == Reason.UNAVAILABLE
        chat.quota.faults.heal()
    async with asyncio.timeout(PATIENCE):
        assert (await kinds(other))[-1] == "done"
    assert (chat.quota.charged, chat.quota.held) == (1, 0)
    gate.set()
    assert [(await dead.read()).type for _ in range(2)] == ["sources", "done"]
    assert chat.quota.charged == 1


async def test_a_credit_that_is_lost_twice_is_no_fault_of_the_programs(chat: Chat) -> None:
    chat.quota.faults.precede("Settle", chat.quota.expire_all, times=2)
    assert await refused(chat.ask()) == Reason.UNAVAILABLE
    assert (chat.quota.charged, chat.quota.held) == (0, 0)
