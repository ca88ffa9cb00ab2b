"""Turns that are written together."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.chat.sessions import Turn
from services.chat.store import turn_log
from services.chat.store.conversations import ChatStore
from services.chat.store.turn_log import NewTurn, TurnLog
from services.database import Database
from services.database.migrations import migrate


def new_turn(question: Any, session_id: str = "s") -> NewTurn:
    return NewTurn("bot_1", session_id, Turn(question, "a", (), "r", 1), 0)


@pytest.fixture
async def sqlite(tmp_path: Path) -> Any:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}", "chat")
    await migrate(database)
    yield database
    await database.close()


async def kept(database: Database, session_id: str = "s") -> list[str]:
    found = await ChatStore(database).session("bot_1", session_id, 0, 0, 1000)
    return [] if found is None else [turn.question for turn in found[1]]


async def test_turns_stand_in_the_order_in_which_they_came(sqlite: Database) -> None:
    log = TurnLog(sqlite)
    await asyncio.gather(*(log.append(new_turn(f"q{number}")) for number in range(30)))
    assert await kept(sqlite) == [f"q{number}" for number in range(30)]


async def test_turns_that_wait_share_a_transaction(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    transactions = 0
    transact = sqlite.transact

    async def counted(work: Any) -> Any:
        nonlocal transactions
        transactions += 1
        return await transact(work)

    monkeypatch.setattr(sqlite, "transact", counted)
    monkeypatch.setattr(turn_log, "BATCH", 10)
    log = TurnLog(sqlite)
    await asyncio.gather(*(log.append(new_turn(f"q{number}", f"s{number}")) for number in range(31)))
    assert transactions == 4


async def test_a_turn_that_can_not_be_written_takes_no_other_with_it(sqlite: Database) -> None:
    log = TurnLog(sqlite)
    outcomes = await asyncio.gather(
        *(log.append(new_turn(question)) for question in ("one", object(), "two")), return_exceptions=True
    )
    assert [outcome is None for outcome in outcomes] == [True, False, True]
    assert await kept(sqlite) == ["one", "two"]


async def test_one_who_no_longer_waits_has_the_turn_written_all_the_same(sqlite: Database) -> None:
    log = TurnLog(sqlite)
    waiting = [asyncio.create_task(log.append(new_turn(f"q{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await log.append(new_turn("last"))
    assert await kept(sqlite) == ["q0", "q1", "q2", "last"]
