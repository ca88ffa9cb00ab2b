"""Profiles, sessions and turns, on both kinds of database."""

import asyncio

import pytest

from services.chat.abstention import DEFAULT_THRESHOLD
from services.chat.profile import DEFAULT_FALLBACK, Profile, ProfileChange
from services.chat.store.profiles import ProfileStore
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.database import Database
from services.database.migrations import current_revision, head_revision, migrate
from services.errors import ChatmountError
from services.trust.principal import Channel
from tests.chat.stored_turns import BOT, NOW_MS, OTHER, questions, turn
from tests.each import for_each


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from services.chat.store.tables import ChatTable

    assert await current_revision(database) == head_revision("chat")
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), ChatTable.metadata)
        )
    assert [each for each in differences if "alembic_version" not in str(each)] == []
    await migrate(database)


async def test_a_turn_comes_back_as_it_was_stored(turns: TurnStore, sessions: SessionStore) -> None:
    kept = turn(
        "Où? 🚲", answer="Là\n\n    code", source_urls=("file:a b.md", "https://b"), request_id="req", broken_off=True
    )
    await turns.append(BOT, "s", kept, 0)
    found = await sessions.session(BOT, "s", 0, 0, 10)
    assert found is not None
    session, stored = found
    assert stored == (kept,)
    assert (session.id, session.turns, session.created_ms, session.last_used_ms) == ("s", 1, NOW_MS, NOW_MS)
    assert (session.channel, session.first_question) == (Channel.API, "Où? 🚲")


async def test_turns_stand_in_the_order_in_which_they_were_stored(turns: TurnStore, sessions: SessionStore) -> None:
    for number in range(5):
        await turns.append(BOT, "s", turn(f"q{number}", NOW_MS + number), 0)
    assert await questions(sessions, "s") == ["q0", "q1", "q2", "q3", "q4"]
    found = await sessions.session(BOT, "s", 0, 3, 10)
    assert found is not None
    assert [each.question for each in found[1]] == ["q3", "q4"]
    assert (found[0].created_ms, found[0].last_used_ms) == (NOW_MS, NOW_MS + 4)


async def test_50_turns_at_once_are_all_kept_each_in_a_place_of_its_own(
    turns: TurnStore, sessions: SessionStore
) -> None:
    await asyncio.gather(*(turns.append(BOT, "s", turn(f"q{number}"), 0) for number in range(50)))
    assert sorted(await questions(sessions, "s")) == sorted(f"q{number}" for number in range(50))
    found = await sessions.session(BOT, "s", 0, 0, 100)
    assert found is not None
    assert found[0].turns == 50


async def test_a_question_gets_the_newest_turns_oldest_first(turns: TurnStore) -> None:
    for number in range(60):
        await turns.append(BOT, "s", turn(f"q{number}", NOW_MS + number), 0)
    _, history = await turns.profile_and_history(BOT, "s", 0)
    assert [past.question for past in history] == [f"q{number}" for number in range(10, 60)]
    assert history[-1].answer == "answer to q59"


@for_each("session_id", ["unknown", None])
async def test_an_unknown_session_and_none_have_no_history(turns: TurnStore, session_id: str | None) -> None:
    assert await turns.profile_and_history(BOT, session_id, 0) == (Profile(), ())


async def test_one_id_in_two_chatbots_is_two_sessions(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "s", turn("mine"), 0)
    await turns.append(OTHER, "s", turn("theirs"), 0)
    assert await questions(sessions, "s", BOT) == ["mine"]
    assert await questions(sessions, "s", OTHER) == ["theirs"]
    assert await sessions.delete_session(OTHER, "s")
    assert await questions(sessions, "s", BOT) == ["mine"]
    assert not await sessions.delete_session(OTHER, "s")


async def test_a_session_belongs_to_one_channel_while_it_lasts(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "ply_1", turn("mine"), 0, channel=Channel.PLAYGROUND)
    await turns.append(BOT, "s", turn("the API's"), 0)
    for session_id, other in (("ply_1", Channel.API), ("ply_1", Channel.WIDGET), ("s", Channel.PLAYGROUND)):
        for step in (
            turns.profile_and_history(BOT, session_id, 0, other),
            turns.append(BOT, session_id, turn("theirs"), 0, channel=other),
        ):
            with pytest.raises(ChatmountError, match="another channel"):
                await step
    assert (await questions(sessions, "ply_1"), await questions(sessions, "s")) == (["mine"], ["the API's"])
    _, history = await turns.profile_and_history(BOT, "ply_1", 0, Channel.PLAYGROUND)
    assert [past.question for past in history] == ["mine"]
    # One that is over is not there, for whichever channel.
    await turns.append(BOT, "ply_1", turn("new", NOW_MS + 5), NOW_MS + 1)
    found = await sessions.session(BOT, "ply_1", 0, 0, 10)
    assert found is not None
    assert (found[0].channel, found[0].first_question, found[0].turns) == (Channel.API, "new", 1)


async def test_the_first_question_is_cut_and_stays_the_first(turns: TurnStore, sessions: SessionStore) -> None:
    async def first() -> str:
        return (await sessions.list_sessions(BOT, None, 1, 0))[0].first_question

    long = turn("ä😀" * 1000, request_id="r1")
    await turns.append(BOT, "s", long, 0)
    await turns.append(BOT, "s", turn("second"), 0)
    assert await first() == "ä😀" * 100
    await turns.take_back(BOT, "s", long)
    assert await first() == "second"


async def test_ids_are_compared_letter_for_letter(turns: TurnStore, sessions: SessionStore) -> None:
    for session_id in ("s", "S", "s ", "é", "e\u0301"):
        await turns.append(BOT, session_id, turn(session_id), 0)
    for session_id in ("s", "S", "s ", "é", "e\u0301"):
        assert await questions(sessions, session_id) == [session_id]


async def test_a_late_turn_does_not_make_a_session_look_older(turns: TurnStore, sessions: SessionStore) -> None:
    await turns.append(BOT, "s", turn("b", NOW_MS + 10), 0)
    await turns.append(BOT, "s", turn("a", NOW_MS), 0)
    (session,) = await sessions.list_sessions(BOT, None, 10, 0)
    assert session.last_used_ms == NOW_MS + 10


async def test_a_turn_in_the_middle_is_taken_back_and_no_number_is_given_twice(
    turns: TurnStore, sessions: SessionStore
) -> None:
    added = [turn(f"q{number}", request_id=f"r{number}") for number in range(4)]
    for session_id in ("s", "t"):
        for each in added[:3]:
            await turns.append(BOT, session_id, each, 0)
    await turns.take_back(BOT, "s", added[1])
    await turns.take_back(BOT, "s", added[1])
    await turns.take_back(OTHER, "s", added[0])
    await turns.append(BOT, "s", added[3], 0)
    assert await questions(sessions, "s") == ["q0", "q2", "q3"]
    for each in added:
        await turns.take_back(BOT, "s", each)
    assert await sessions.session(BOT, "s", 0, 0, 10) is None
    assert await questions(sessions, "t") == ["q0", "q1", "q2"]


async def test_sessions_are_listed_in_pages_the_most_recently_used_first(
    turns: TurnStore, sessions: SessionStore
) -> None:
    for number in range(7):
        await turns.append(BOT, f"s{number}", turn(at=NOW_MS + number // 2), 0)
    await turns.append(OTHER, "theirs", turn(), 0)
    seen: list[str] = []
    after: tuple[int, ...] | None = None
    while page := await sessions.list_sessions(BOT, after, 2, 0):
        seen += [session.id for session in page]
        after = (page[-1].last_used_ms, page[-1].key)
    assert seen == ["s6", "s5", "s4", "s3", "s2", "s1", "s0"]


async def test_a_profile_has_defaults_until_it_is_changed_field_by_field(profiles: ProfileStore) -> None:
    assert await profiles.profile(BOT) == Profile("", DEFAULT_FALLBACK, DEFAULT_THRESHOLD)
    assert (await profiles.change(BOT, ProfileChange())) == Profile()
    changed = await profiles.change(BOT, ProfileChange(instructions="Be brief."))
    assert changed == Profile("Be brief.", DEFAULT_FALLBACK, DEFAULT_THRESHOLD)
    changed = await profiles.change(BOT, ProfileChange(fallback="No idea.", abstention_threshold=0.0))
    assert changed == Profile("Be brief.", "No idea.", 0.0)
    changed = await profiles.change(BOT, ProfileChange(instructions="", fallback=""))
    assert changed == Profile("", DEFAULT_FALLBACK, 0.0)
    assert await profiles.profile(BOT) == changed
    assert await profiles.profile(OTHER) == Profile()


async def test_profile_changes_at_once_are_all_kept(profiles: ProfileStore) -> None:
    await asyncio.gather(
        profiles.change(BOT, ProfileChange(instructions="i")),
        profiles.change(BOT, ProfileChange(fallback="f")),
        profiles.change(BOT, ProfileChange(abstention_threshold=0.2)),
    )
    assert await profiles.profile(BOT) == Profile("i", "f", 0.2)


@for_each("hostile", ["'; DROP TABLE turns; --", '"', "\\", "%", "_", "{}", "$1", ":id"])
async def test_hostile_text_is_only_text(turns: TurnStore, sessions: SessionStore, hostile: str) -> None:
    await turns.append(BOT, hostile, turn(hostile, answer=hostile), 0)
    assert await questions(sessions, hostile) == [hostile]
