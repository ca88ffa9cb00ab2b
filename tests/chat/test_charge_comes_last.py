"""The charge of a unary answer: the last thing before it leaves; failures leave nothing."""

import asyncio
from typing import Any

import grpc
import pytest

from services.chat.sessions import Turn
from services.chat.store.turns import TurnStore
from tests.waiting import until

from .chat_harness import Chat, until_turns
from .faults import down
from .scripted_neighbours import ScriptedAnswerer

HEADERS = [("idempotency-key", "order-1")]


def turn(question: str, request_id: str) -> Turn:
    return Turn(question, "a", (), request_id, 1_800_000_000_000)


@pytest.mark.parametrize("headers", [[], HEADERS])
async def test_the_turn_is_stored_when_the_charge_is_asked_for(chat: Chat, headers: Any) -> None:
    gate = asyncio.Event()
    chat.quota.faults.hang("Settle", gate)
    asking = asyncio.create_task(chat.ask(session_id="s", headers=headers))
    await until(lambda: chat.quota.faults.calls["Settle"] == 1)
    assert [each.answer for each in await chat.turns("s")] == ["Within 14 days."]
    assert (chat.quota.held, chat.quota.charged, asking.done()) == (1, 0, False)
    gate.set()
    assert (await asking).usage.credits_used == 1
    assert chat.quota.charged == 1


async def test_a_streamed_answer_is_charged_before_its_first_token(chat: Chat, answerer: ScriptedAnswerer) -> None:
    gate = asyncio.Event()
    answerer.script = ("With", gate, "in 14 days.")
    call = chat.stream(session_id="s")
    assert (await call.read()).type == "token"
    assert (chat.quota.charged, await chat.sessions()) == (1, [])
    gate.set()
    assert [(await call.read()).type for _ in range(3)] == ["token", "sources", "done"]


@pytest.mark.parametrize("headers", [[], HEADERS])
async def test_a_turn_that_can_not_be_charged_is_taken_back_and_its_session_goes_on(chat: Chat, headers: Any) -> None:
    await chat.ask("one", session_id="s")
    chat.quota.faults.fail("Settle", down())
    with pytest.raises(grpc.aio.AioRpcError):
        await chat.ask("two", session_id="s", headers=headers)
    await until_turns(chat, 1)
    chat.quota.faults.heal()
    await chat.ask("two", session_id="s", headers=headers)
    assert [each.question for each in await chat.turns("s")] == ["one", "two"]
    assert [each.turns for each in await chat.sessions()] == [2]
    await until(lambda: (chat.quota.held, chat.quota.charged) == (0, 2))


async def test_who_tries_again_at_once_does_not_read_the_turn_that_failed(
    chat: Chat, answerer: ScriptedAnswerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_back = TurnStore.take_back

    async def slow(self: TurnStore, *arguments: Any) -> None:
        await asyncio.sleep(0.2)
        await take_back(self, *arguments)

    monkeypatch.setattr(TurnStore, "take_back", slow)
    chat.quota.faults.fail("Settle", down())
    with pytest.raises(grpc.aio.AioRpcError):
        await chat.ask("one", session_id="s")
    chat.quota.faults.heal()
    await chat.ask("one", session_id="s")
    assert [len(question.history) for question in answerer.questions] == [0, 0]


async def test_a_store_that_is_away_does_not_keep_the_error(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def away(self: TurnStore, *arguments: Any) -> None:
        await gate.wait()

    monkeypatch.setattr(TurnStore, "take_back", away)
    chat.quota.faults.fail("Settle", down())
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await chat.ask()
    assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
    gate.set()


async def test_a_client_that_leaves_while_its_turn_is_stored_leaves_none(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, gate, begun = TurnStore.append, asyncio.Event(), asyncio.Event()

    async def slow(self: TurnStore, *arguments: Any) -> None:
        begun.set()
        await gate.wait()
        await append(self, *arguments)

    monkeypatch.setattr(TurnStore, "append", slow)
    call = asyncio.create_task(chat.ask(session_id="s"))
    await begun.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await until(lambda: chat.quota.held == 0)
    gate.set()
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name() == "taking back a turn"])
    await chat.nothing_is_left()


async def test_a_turn_is_taken_back_when_the_store_is_there_again(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    take_back, tries = TurnStore.take_back, []

    async def away_at_first(self: TurnStore, *arguments: Any) -> None:
        tries.append(arguments)
        if len(tries) < 3:
            raise down()
        await take_back(self, *arguments)

    monkeypatch.setattr(TurnStore, "take_back", away_at_first)
    chat.quota.faults.fail("Settle", down())
    with pytest.raises(grpc.aio.AioRpcError):
        await chat.ask()
    await chat.nothing_is_left()
    assert len(tries) == 3
