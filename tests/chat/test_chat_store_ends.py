"""What goes and what stays when sessions are over, and when they or a chatbot are deleted."""

import asyncio

import pytest

from services.chat.profile import Profile, ProfileChange
from services.chat.store import session_deletion
from services.chat.store.profiles import ProfileStore
from services.chat.store.session_deletion import DELETED_AT_ONCE, SWEEP_BATCH
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.database import Database
from tests.chat.stored_turns import BOT, NOW_MS, OTHER, questions, turn
from tests.promises.plans_of_statements import statements
from tests.waiting import until


async def test_a_session_that_is_over_is_not_there_and_begins_anew(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "s", turn("old", NOW_MS), 0)
    since = NOW_MS + 1
    assert await turns.profile_and_history(BOT, "s", since) == (Profile(), ())
    assert await sessions.session(BOT, "s", since, 0, 10) is None
    assert await sessions.list_sessions(BOT, None, 10, since) == ()
    await turns.append(BOT, "s", turn("new", NOW_MS + 5), since)
    assert await questions(sessions, "s") == ["new"]
    # One that is exactly as old as allowed still goes on.
    await turns.append(BOT, "s", turn("next", NOW_MS + 9), NOW_MS + 5)
    assert await questions(sessions, "s") == ["new", "next"]


async def test_the_sweep_takes_what_is_over_and_nothing_else(
    turns: TurnStore, sessions: SessionStore, database: Database
) -> None:
    from sqlalchemy import text

    for number in range(4):
        await turns.append(f"bot_{number % 2}", f"s{number}", turn(at=NOW_MS + number), 0)
    assert await sessions.sweep(NOW_MS + 2) == 2
    assert await sessions.sweep(NOW_MS + 2) == 0
    left = [(await sessions.list_sessions(f"bot_{number}", None, 10, 0))[0].id for number in range(2)]
    assert left == ["s2", "s3"]
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM turns"))).scalar_one() == 2


async def test_the_sweep_takes_a_batch_at_a_time_and_several_may_sweep(
    turns: TurnStore, sessions: SessionStore
) -> None:
    number = SWEEP_BATCH + 20
    await asyncio.gather(*(turns.append(BOT, f"s{each}", turn(), 0) for each in range(number)))
    taken = await asyncio.gather(*(sessions.sweep(NOW_MS + 1) for _ in range(4)))
    while more := await sessions.sweep(NOW_MS + 1):
        taken.append(more)
    assert sum(taken) == number
    assert max(taken) <= SWEEP_BATCH


async def test_the_end_of_a_chatbot_takes_profile_and_sessions_of_that_one_alone(
    turns: TurnStore, sessions: SessionStore, profiles: ProfileStore
) -> None:
    for bot in (BOT, OTHER):
        await profiles.change(bot, ProfileChange(fallback="f"))
        for session_id in ("a", "b"):
            await turns.append(bot, session_id, turn(), 0)
    assert await sessions.delete_all(BOT, keep_profile=True) == 2
    assert (await profiles.profile(BOT)).fallback == "f"
    assert await sessions.delete_all(BOT) == 0
    assert await profiles.profile(BOT) == Profile()
    assert len(await sessions.list_sessions(OTHER, None, 10, 0)) == 2
    assert (await profiles.profile(OTHER)).fallback == "f"


async def test_others_write_while_all_of_a_chatbot_is_deleted_and_what_begins_then_is_left(
    turns: TurnStore, sessions: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_deletion, "DELETED_AT_ONCE", 2)
    for start in range(0, 200, 50):
        await asyncio.gather(*(turns.append(BOT, f"s{n}", turn(), 0) for n in range(start, start + 50)))
    with statements() as sent:
        deleting = asyncio.create_task(sessions.delete_all(BOT))
        await until(lambda: any(one.sql.startswith("DELETE FROM sessions") for one in sent))
        # It waits for a batch, not for all.
        await turns.append(BOT, "new", turn(), 0)
        assert not deleting.done()
        assert await deleting == 200
    assert [session.id for session in await sessions.list_sessions(BOT, None, 10, 0)] == ["new"]


async def test_two_who_delete_all_at_once_delete_each_session_once(turns: TurnStore, sessions: SessionStore) -> None:
    number = 2 * DELETED_AT_ONCE
    for start in range(0, number, 50):
        await asyncio.gather(*(turns.append(BOT, f"s{n}", turn(), 0) for n in range(start, start + 50)))
    assert sum(await asyncio.gather(sessions.delete_all(BOT), sessions.delete_all(BOT))) == number
    assert await sessions.list_sessions(BOT, None, 10, 0) == ()
