"""Traces and failed requests, on both kinds of database."""

import asyncio

import pytest

from services.chat.findings import Findings, Passage, Source
from services.chat.sessions import Turn
from services.chat.store.conversations import SWEEP_BATCH, ChatStore
from services.chat.store.traces import TraceStore
from services.chat.store.turn_log import NOTES_WAITING
from services.chat.trace import MAXIMUM_PASSAGES, Trace
from services.database import Database

NOW_MS = 1_800_000_000_000
BOT, OTHER = "bot_1", "bot_2"


@pytest.fixture
def traces(database: Database, store: ChatStore) -> TraceStore:
    return TraceStore(database)


def traced() -> Trace:
    trace = Trace(searched_for="Où\0? 🚲 \ud800", maker="model", cited=[1], told=1, prompt_tokens=0, error="left")
    trace.found(Findings((Passage(Source("u", "t"), "x", 0.0, None, id="psg_1", source_id="src_1", lexical=0.0),)))
    trace.ended()
    return trace


def turn(request_id: str = "r", at: int = NOW_MS, trace: Trace | None = None) -> Turn:
    return Turn("q", "a", ("https://a.example",), request_id, at, trace=trace or traced())


async def known(traces: TraceStore, bot: str | None = BOT, since: int = 0, request_id: str = "r") -> tuple[str, str]:
    """Answer and chatbot of what is found, or nothing of both."""
    found = await traces.find(request_id, bot, since)
    return ("", "") if found is None else (found.turn.answer or "failed", found.chatbot_id)


async def test_a_trace_comes_back_as_it_was_stored(store: ChatStore, traces: TraceStore) -> None:
    kept = turn()
    await store.append(BOT, "s", kept, 0)
    await store.note(BOT, None, turn("f"))
    found = await traces.find("r", BOT, 0)
    assert found is not None
    assert (found.turn, found.session_id) == (kept, "s")
    failed = await traces.find("f", BOT, 0)
    assert failed is not None
    assert (failed.turn.trace, failed.turn.question, failed.session_id) == (traced(), "q", None)


async def test_a_request_is_known_to_its_own_chatbot_and_to_who_asks_for_all(
    store: ChatStore, traces: TraceStore
) -> None:
    await store.append(BOT, "s", turn("mine"), 0)
    await store.append(OTHER, "s", turn("theirs"), 0)
    await store.note(BOT, "s", turn("mine, failed"))
    await store.note(OTHER, "s", turn("theirs, failed"))
    for request_id, owner, other in (("mine", BOT, OTHER), ("theirs", OTHER, BOT)):
        for bot in (owner, None):
            assert await known(traces, bot, request_id=request_id) == ("a", owner)
            assert await known(traces, bot, request_id=f"{request_id}, failed") == ("failed", owner)
        assert await known(traces, other, request_id=request_id) == ("", "")
        assert await known(traces, other, request_id=f"{request_id}, failed") == ("", "")


async def test_a_trace_goes_with_its_session_and_its_chatbot(store: ChatStore, traces: TraceStore) -> None:
    for bot in (BOT, OTHER):
        for session_id in ("s", "t"):
            await store.append(bot, session_id, turn(f"{bot} {session_id}"), 0)
            await store.note(bot, session_id, turn(f"{bot} {session_id} failed"))

    async def left() -> set[str]:
        names = [
            f"{bot} {session_id}{failed}" for bot in (BOT, OTHER) for session_id in "st" for failed in ("", " failed")
        ]
        return {name for name in names if await traces.find(name, None, 0) is not None}

    everything = await left()
    assert len(everything) == 8
    assert await store.delete_session(BOT, "s")
    assert everything - await left() == {"bot_1 s", "bot_1 s failed"}
    await store.delete_all(BOT)
    assert await left() == {"bot_2 s", "bot_2 s failed", "bot_2 t", "bot_2 t failed"}


async def test_a_session_that_is_over_takes_its_traces_along(store: ChatStore, traces: TraceStore) -> None:
    await store.append(BOT, "s", turn("old", NOW_MS), 0)
    await store.note(BOT, "s", turn("old, failed", NOW_MS))
    since = NOW_MS + 1
    assert await known(traces, since=since, request_id="old") == ("", "")
    assert await known(traces, since=since, request_id="old, failed") == ("", "")
    await store.append(BOT, "s", turn("new", NOW_MS + 5), since)
    assert await known(traces, request_id="old") == ("", "")
    assert await known(traces, since=since, request_id="new") == ("a", BOT)


async def test_the_sweep_takes_old_failures_a_batch_at_a_time(store: ChatStore, traces: TraceStore) -> None:
    for number in range(3):
        await store.note(BOT, None, turn(f"r{number}", NOW_MS + number))
    assert await traces.sweep(NOW_MS + 2) == 2
    assert await traces.sweep(NOW_MS + 2) == 0
    assert [(await known(traces, request_id=f"r{number}"))[0] for number in range(3)] == ["", "", "failed"]
    assert SWEEP_BATCH > 2


async def test_turns_are_kept_and_notes_forgotten_in_a_rush(store: ChatStore, traces: TraceStore) -> None:
    rush = [store.note(BOT, None, turn(f"n{number}")) for number in range(3 * NOTES_WAITING)]
    await asyncio.gather(*rush, *(store.append(BOT, "s", turn(f"t{number}"), 0) for number in range(20)))
    assert all([(await known(traces, request_id=f"t{number}"))[0] == "a" for number in range(20)])
    notes = [await known(traces, request_id=f"n{number}") for number in (0, 3 * NOTES_WAITING - 1)]
    assert notes == [("failed", BOT), ("", "")]


def test_a_trace_is_bounded_and_read_from_what_another_version_wrote() -> None:
    trace = Trace()
    page = Passage(Source("u" * 9000, "t" * 9000), "😀 " * 9000, 1.0)
    trace.found(Findings((page,) * 50))
    trace.asked(1, "n" * 9000, "m" * 9000)
    assert len(trace.passages) == MAXIMUM_PASSAGES
    assert len(trace.as_json()) < 100_000
    assert Trace.from_json(trace.as_json()) == trace
    assert Trace.from_json('{"new": 1, "passages": [{"new": 1, "id": "p"}]}').passages[0].id == "p"
    assert Trace.from_json("{}") == Trace()
