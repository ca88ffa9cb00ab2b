"""Clients that leave at every moment: the work ends, and only text that left is paid for."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from services.chat.answerers.answerer import Citations
from services.chat.clients.downstream import Patience
from services.rpc import links
from tests.promptness import was_once_within
from tests.waiting import PATIENCE, until

from .chat_harness import PATIENT, Chat, until_turns
from .conftest import Serving
from .leaving_clients import begin, leave, reached, read_in_background
from .scripted_neighbours import ScriptedAnswerer


@pytest.fixture(autouse=True)
def _brief_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "GRACE_SECONDS", 0.1)


@pytest.fixture
async def chat(serving: Serving, answerer: ScriptedAnswerer) -> AsyncIterator[Chat]:
    """It waits for its neighbours longer than a busy machine needs to leave a call."""
    async with serving(answerer, replace(PATIENT, settle=Patience(deadline=PATIENCE))) as running:
        yield running


both = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])


@both
async def test_leaving_while_reserving_leaves_no_reservation(chat: Chat, stream: bool) -> None:
    gate = asyncio.Event()
    chat.quota.faults.hang("Reserve", gate, after=True)
    chat.retrieval.faults.hang("Search", asyncio.Event())
    call = begin(chat, stream=stream)
    await until(lambda: chat.retrieval.requests and chat.quota.held == 1)
    await leave(call)
    # Only now has Chat seen that nobody waits; a reply before that would be a race with the one who leaves.
    await until(lambda: chat.retrieval.cancelled == 1)
    gate.set()
    await chat.nothing_is_left()


@both
async def test_leaving_while_searching_cancels_the_search(chat: Chat, stream: bool) -> None:
    chat.retrieval.faults.hang("Search", asyncio.Event())
    call = begin(chat, stream=stream)
    await until(lambda: chat.retrieval.requests and chat.quota.held == 1)
    await leave(call)
    await until(lambda: chat.retrieval.cancelled == 1)
    await chat.nothing_is_left()


@both
async def test_leaving_before_the_first_token_cancels_the_answerer_and_costs_nothing(
    chat: Chat, answerer: ScriptedAnswerer, stream: bool
) -> None:
    answerer.script = (asyncio.Event(),)

    async def seconds_to_stop() -> float:
        call = begin(chat, stream=stream)
        await until(lambda: answerer.running)
        began = time.monotonic()
        await leave(call)
        await until(lambda: not answerer.running)
        return time.monotonic() - began

    await was_once_within(0.5, seconds_to_stop)
    await chat.nothing_is_left()


@both
async def test_leaving_while_settling_costs_nothing(chat: Chat, stream: bool) -> None:
    for number, after in enumerate((False, True), start=1):
        chat.quota.faults.hang("Settle", asyncio.Event(), after=after)
        call = begin(chat, stream=stream)
        await until(partial(reached, chat, "Settle", number))
        await leave(call)
        await until(lambda number=number: chat.quota.faults.left["Settle"] == number)
        await chat.nothing_is_left()


async def test_leaving_a_unary_answer_midway_costs_nothing(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("a", "b", asyncio.Event())
    call = begin(chat, stream=False)
    await until(lambda: answerer.pieces_made == 2)
    await leave(call)
    await until(lambda: answerer.closed == 1)
    await chat.nothing_is_left()


@pytest.mark.parametrize("tokens", [1, 4])
async def test_leaving_midway_cancels_the_answerer_costs_one_and_keeps_the_text_so_far(
    chat: Chat, answerer: ScriptedAnswerer, tokens: int
) -> None:
    answerer.script = (*["t"] * tokens, asyncio.Event())
    call = chat.stream(session_id="s")
    for _ in range(tokens):
        assert (await call.read()).type == "token"
    await leave(call)
    await until(lambda: answerer.closed == 1)
    assert (chat.quota.charged, chat.quota.held) == (1, 0)
    await until_turns(chat, 1)
    (turn,) = await chat.turns("s")
    assert (turn.answer, turn.broken_off) == ("t" * tokens, True)


async def test_a_reader_that_stands_still_holds_the_answerer_back_and_may_leave(
    chat: Chat, answerer: ScriptedAnswerer
) -> None:
    # gRPC takes some tens of megabytes ahead, the more the faster a connection seems to it.
    answerer.script = ("x" * 100_000,) * 2_000
    call = chat.stream()
    await call.read()
    made = 0
    for _ in range(200):
        await asyncio.sleep(0.05)
        if answerer.pieces_made == made:
            break
        made = answerer.pieces_made
    assert made < 1_000
    await leave(call)
    await until(lambda: answerer.closed == 1)
    assert chat.quota.charged == 1


async def test_many_leave_and_nothing_stays_behind(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("a", 0.01, "b", 0.01, "c", Citations((1,)))
    received: list[Any] = []
    for round_ in range(10):
        calls = [chat.stream() for _ in range(20)]
        reading = [asyncio.create_task(read_in_background(call, received)) for call in calls]
        await asyncio.sleep(0.003 * round_)
        for call in calls:
            call.cancel()
        await asyncio.gather(*reading)
    await until(lambda: answerer.running == 0 and chat.quota.held == 0)
    settled_without_text = chat.quota.charged
    assert settled_without_text <= answerer.closed
    await until(lambda: not [task for task in asyncio.all_tasks() if "release" in task.get_name()])


async def test_a_client_that_leaves_after_the_whole_answer_has_its_turn_stored(chat: Chat) -> None:
    call = chat.stream(session_id="s")
    kinds = [(await call.read()).type for _ in range(4)]
    assert kinds[-1] == "sources"
    await leave(call)
    await until_turns(chat, 1)
    assert [turn.broken_off for turn in await chat.turns("s")] == [False]


async def test_a_search_that_is_nearly_done_is_not_cut_off(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "GRACE_SECONDS", 60.0)
    gate = asyncio.Event()
    chat.retrieval.faults.hang("Search", gate)
    call = begin(chat, stream=True)
    await until(lambda: chat.retrieval.requests and chat.quota.held == 1)
    await leave(call)
    await chat.nothing_is_left()
    gate.set()
    await chat.ask()
    assert chat.retrieval.cancelled == 0


@pytest.mark.parametrize("method", ["Reserve", "Settle"])
@both
async def test_a_credit_that_is_asked_for_when_it_was_given_back_already_costs_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, method: str, stream: bool
) -> None:
    monkeypatch.setattr(links, "GRACE_SECONDS", 60.0)
    gate = asyncio.Event()
    chat.quota.faults.hang(method, gate)
    call = begin(chat, stream=stream)
    await until(lambda: reached(chat, method, 1))
    await leave(call)
    await until(lambda: "released" in chat.quota.states.values())
    gate.set()
    await chat.ask()
    assert (chat.quota.faults.left[method], chat.quota.held, chat.quota.charged) == (0, 0, 1)
