"""Traces and failed requests, on both kinds of database."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.chat.passages import Passage, SearchResult, Source
from services.chat.sessions import TracedTurn, Turn
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import NOTES_WAITING, TurnStore
from services.chat.trace import MAXIMUM_PASSAGES, Maker, Trace
from services.database import Database
from tests.promises.plans_of_statements import statements
from tests.ready_tables import lay_tables

NOW_MS = 1_800_000_000_000
BOT, OTHER = "bot_1", "bot_2"


def traced() -> Trace:
    trace = Trace(searched_for="Où\0? 🚲 \ud800", maker=Maker.MODEL, prompt_tokens=0, error="left", total_ms=7)
    page = Passage(Source("u", "t"), "x", 0.0, None, id="psg_1", source_id="src_1", lexical=0.0)
    trace.found(SearchResult((page, page)))
    trace.given(1, history_turns=2)
    trace.cite([2])
    trace.found_ms = 0
    return trace


def turn(request_id: str = "r", at: int = NOW_MS) -> Turn:
    return Turn("q", "a", ("https://a.example",), request_id, at)


async def known(
    sessions: SessionStore, bot: str | None = BOT, since: int = 0, request_id: str = "r"
) -> tuple[str, str]:
    """Answer and chatbot of what is found, or nothing of both."""
    found = await sessions.traced(request_id, bot, since)
    return ("", "") if found is None else (found.turn.answer or "failed", found.chatbot_id)


async def test_a_trace_comes_back_as_it_was_stored(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "s", turn(), 0, traced())
    await turns.note(BOT, None, turn("f"), traced())
    assert await sessions.traced("r", BOT, 0) == TracedTurn(BOT, "s", turn(), traced(), 1)
    failed = replace(turn("f"), answer="", source_urls=())
    assert await sessions.traced("f", BOT, 0) == TracedTurn(BOT, "", failed, traced())


async def test_a_request_is_known_to_its_own_chatbot_and_to_who_asks_for_all(
    turns: TurnStore, sessions: SessionStore
) -> None:
    await turns.append(BOT, "s", turn("mine"), 0)
    await turns.append(OTHER, "s", turn("theirs"), 0)
    await turns.note(BOT, "s", turn("mine, failed"), traced())
    await turns.note(OTHER, "s", turn("theirs, failed"), traced())
    for request_id, owner, other in (("mine", BOT, OTHER), ("theirs", OTHER, BOT)):
        for bot in (owner, None):
            assert await known(sessions, bot, request_id=request_id) == ("a", owner)
            assert await known(sessions, bot, request_id=f"{request_id}, failed") == ("failed", owner)
        assert await known(sessions, other, request_id=request_id) == ("", "")
        assert await known(sessions, other, request_id=f"{request_id}, failed") == ("", "")


async def test_a_trace_goes_with_its_session_and_its_chatbot(turns: TurnStore, sessions: SessionStore) -> None:
    for bot in (BOT, OTHER):
        for session_id in ("s", "t"):
            await turns.append(bot, session_id, turn(f"{bot} {session_id}"), 0)
            await turns.note(bot, session_id, turn(f"{bot} {session_id} failed"), traced())

    async def left() -> set[str]:
        names = [
            f"{bot} {session_id}{failed}" for bot in (BOT, OTHER) for session_id in "st" for failed in ("", " failed")
        ]
        return {name for name in names if await sessions.traced(name, None, 0) is not None}

    everything = await left()
    assert len(everything) == 8
    assert await sessions.delete_session(BOT, "s")
    assert everything - await left() == {"bot_1 s", "bot_1 s failed"}
    await sessions.delete_all(BOT)
    assert await left() == {"bot_2 s", "bot_2 s failed", "bot_2 t", "bot_2 t failed"}


async def test_a_session_that_is_over_takes_its_traces_along(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "s", turn("old", NOW_MS), 0)
    await turns.note(BOT, "s", turn("old, failed", NOW_MS), traced())
    since = NOW_MS + 1
    assert await known(sessions, since=since, request_id="old") == ("", "")
    assert await known(sessions, since=since, request_id="old, failed") == ("", "")
    await turns.append(BOT, "s", turn("new", NOW_MS + 5), since)
    assert await known(sessions, request_id="old") == ("", "")
    assert await known(sessions, since=since, request_id="new") == ("a", BOT)


async def test_the_sweep_takes_old_failures_a_batch_at_a_time(turns: TurnStore, sessions: SessionStore) -> None:
    for number in range(3):
        await turns.note(BOT, None, turn(f"r{number}", NOW_MS + number), traced())
    assert await sessions.sweep(NOW_MS + 2) == 2
    assert await sessions.sweep(NOW_MS + 2) == 0
    assert [(await known(sessions, request_id=f"r{number}"))[0] for number in range(3)] == ["", "", "failed"]


async def test_turns_are_kept_and_notes_forgotten_in_a_rush(turns: TurnStore, sessions: SessionStore) -> None:
    rush = [turns.note(BOT, None, turn(f"n{number}"), traced()) for number in range(3 * NOTES_WAITING)]
    await asyncio.gather(*rush, *(turns.append(BOT, "s", turn(f"t{number}"), 0) for number in range(20)))
    assert all([(await known(sessions, request_id=f"t{number}"))[0] == "a" for number in range(20)])
    notes = [await known(sessions, request_id=f"n{number}") for number in (0, 3 * NOTES_WAITING - 1)]
    assert notes == [("failed", BOT), ("", "")]


def test_a_trace_is_bounded_and_read_from_what_another_version_wrote() -> None:
    trace = Trace()
    page = Passage(Source("u" * 9000, "t" * 9000), "😀 " * 9000, 1.0)
    trace.found(SearchResult((page,) * 50))
    trace.ask("n" * 9000, "m" * 9000, is_fallback=True)
    assert len(trace.passages) == MAXIMUM_PASSAGES
    assert len(trace.as_json()) < 100_000
    assert Trace.from_json(trace.as_json()) == trace
    assert Trace.from_json('{"new": 1, "passages": [{"new": 1, "passage_id": "p"}]}').passages[0].passage_id == "p"
    assert Trace.from_json("{}") == Trace()


async def test_a_request_is_looked_for_by_its_id_and_not_among_all_turns(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}"
    lay_tables(url, "chat")
    database = Database(url, "chat")
    with statements() as sent:
        await SessionStore(database).traced("r", BOT, 0)
    async with database.read() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0].sql}", sent[0].parameters)
        steps = [row[3] for row in plan]
    await database.close()
    assert any("turns_by_request" in step for step in steps), steps


async def test_the_statements_of_a_trace_are_compiled_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}"
    lay_tables(url, "chat")
    database = Database(url, "chat")
    for request_id in ("r", "s"):
        for chatbot_id in (BOT, OTHER, None):
            await SessionStore(database).traced(request_id, chatbot_id, 0)
    backend: Any = database._backend
    await database.close()
    assert len(backend._look_ups._compiled) == 4
