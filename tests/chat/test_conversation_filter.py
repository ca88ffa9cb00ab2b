"""Conversations by channel, time and text, on both kinds of database."""

from typing import Any

import pytest
from sqlalchemy import insert, text

from services.chat.conversation_filter import ConversationFilter, checked_filter
from services.chat.sessions import Turn
from services.chat.store.sessions import SessionStore
from services.chat.store.tables import SessionRow, TurnRow
from services.chat.store.turns import TurnStore
from services.database import Database
from services.errors import ChatmountError, Reason
from services.trust.principal import Channel
from tests.each import for_each
from tests.promises.plans_of_statements import rows_read_in_vain, statements
from tests.turned_clock import TurnedClock

from .callers import MEMBER
from .chat_harness import Chat, refused

NOW_MS = 1_800_000_000_000
BOT = "bot_1"


async def fill(turns: TurnStore) -> None:
    """Three sessions, a second apart, the second of two turns, and another chatbot's."""

    def turn(question: str, answer: str, at: int) -> Turn:
        return Turn(question, answer, (), "r", NOW_MS + at)

    await turns.append(BOT, "a", turn("How do I return a BIKE?", "Within 30 days.", 0), 0)
    await turns.append(BOT, "b", turn("Was kostet eine Änderung?", "50 % of x_y\\z [sic]*", 500), 0)
    await turns.append(BOT, "b", turn("Danke", "ДОСТАВКА\nbis Ελλάδα", 1000), 0)
    await turns.append(BOT, "ply_c", turn("Hm?", "Straße", 2000), 0, channel=Channel.PLAYGROUND)
    await turns.append("bot_2", "a", turn("bike", "bike", 0), 0, channel=Channel.WIDGET)


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["ply_c", "b", "a"]),
    ({"channel": Channel.API}, ["b", "a"]),
    ({"channel": Channel.PLAYGROUND}, ["ply_c"]),
    ({"channel": Channel.WIDGET}, []),
    ({"since_ms": NOW_MS + 1000}, ["ply_c", "b"]),
    ({"until_ms": NOW_MS + 1000}, ["a"]),
    ({"since_ms": NOW_MS, "until_ms": NOW_MS + 1001}, ["b", "a"]),
    ({"since_ms": NOW_MS + 9, "until_ms": NOW_MS + 9}, []),
    ({"channel": Channel.API, "since_ms": NOW_MS + 1, "text": "DANKE"}, ["b"]),
]
TEXTS = [
    ("bike", ["a"]),
    ("return a b", ["a"]),
    ("RETURN  a", []),
    ("änderung", ["b"]),
    ("ÄNDERUNG?", ["b"]),
    ("nderung", ["b"]),
    ("anderung", []),
    ("доставка", ["b"]),
    ("Доставка\nBIS", ["b"]),
    ("ελλάδα", ["b"]),
    ("STRAßE", ["ply_c"]),
    ("strasse", []),
    ("50 %", ["b"]),
    ("%", ["b"]),
    ("x_y", ["b"]),
    ("xay", []),
    ("_", ["b"]),
    ("\\z", ["b"]),
    ("[SIC]*", ["b"]),
    ("]*", ["b"]),
    ("[", ["b"]),
    ("*", ["b"]),
    ("*sic", []),
    ("30 days", ["a"]),
    (".", ["a"]),
    ("30.days", []),
    ("hm?", ["ply_c"]),
    ("^", []),
    ("(?i)", []),
    ("' OR 1=1 --", []),
    ("x" * 200, []),
]


async def found(sessions: SessionStore, wanted: ConversationFilter) -> list[str]:
    """The sessions that are listed, which are those whose turns are exported."""
    listed = await sessions.list_sessions(BOT, None, 100, 0, wanted)
    exported = await sessions.export(BOT, None, None, 100, 0, wanted)
    assert sorted({turn.session_id for turn in exported}) == sorted(session.id for session in listed)
    assert len(exported) == sum(session.turns for session in listed)
    return [session.id for session in listed]


async def test_a_filter_finds_what_fits_all_of_it(turns: TurnStore, sessions: SessionStore) -> None:
    await fill(turns)
    for fields, expected in FILTERS:
        assert await found(sessions, ConversationFilter(**fields)) == expected, fields


async def test_a_text_is_found_whatever_its_case_and_is_no_pattern(turns: TurnStore, sessions: SessionStore) -> None:
    await fill(turns)
    for part, expected in TEXTS:
        assert await found(sessions, ConversationFilter(text=part)) == expected, part


async def test_a_session_is_found_by_its_channel_and_time_without_reading_all(database: Database) -> None:
    rows = [
        {
            "key": number,
            "chatbot_id": f"bot_{number % 101}",
            "id": f"s{number}",
            "created_ms": NOW_MS + number,
            "last_used_ms": NOW_MS + number,
            "turns": 1,
            "channel": None if number % 10 else "playground",
            "first_question": "q",
        }
        for number in range(1, 8001)
    ]
    turn = {"position": 1, "question": "q", "answer": "a", "source_urls": "[]", "request_id": "r", "completed_ms": 1}
    async with database.write() as connection:
        await connection.execute(insert(SessionRow), rows)
        await connection.execute(
            insert(TurnRow), [turn | {"session_key": row["key"], "broken_off": False} for row in rows]
        )
        await connection.execute(text("ANALYZE"))
    sessions = SessionStore(database)
    for wanted in (
        ConversationFilter(),
        ConversationFilter(channel=Channel.API),
        ConversationFilter(channel=Channel.PLAYGROUND),
        ConversationFilter(since_ms=NOW_MS + 1000, until_ms=NOW_MS + 7000),
        ConversationFilter(channel=Channel.API, since_ms=NOW_MS + 4000, text="q"),
    ):
        with statements() as sent:
            page = await sessions.list_sessions("bot_10", None, 3, 0, wanted)
            assert await sessions.list_sessions("bot_10", (page[-1].last_used_ms, page[-1].key), 3, 0, wanted)
        for one in sent:
            assert await rows_read_in_vain(database, one, 40) == [], (wanted, one.sql)


@for_each(
    "fields",
    [{"channel": "email"}, {"channel": "API"}, {"text": "x" * 201}, {"text": "a\0b"}],
)
async def test_a_filter_that_can_not_be_is_refused(chat: Chat, fields: dict[str, str]) -> None:
    with pytest.raises(ChatmountError, match="filter"):
        checked_filter(**({"channel": "", "since_ms": 0, "until_ms": 0, "text": ""} | fields))  # type: ignore[arg-type]
    for method in ("ListSessions", "ExportTurns"):
        assert await refused(chat.of_sessions(method, filter=fields)) == Reason.INVALID_FIELD


async def test_pages_of_a_filter_hold_what_fits_it(chat: Chat, clock: TurnedClock) -> None:
    for number in range(5):
        clock.now += 1
        await chat.ask(f"Red {number}", session_id=f"s{number}")
        await chat.events("Red", principal=MEMBER, session_id=f"ply_{number}")
        await chat.ask("Blue", session_id=f"t{number}")
    wanted = {"channel": "api", "text": "red"}
    listed = [
        [each.id for each in page.sessions] async for page in chat.pages("ListSessions", page_size=2, filter=wanted)
    ]
    assert listed == [["s4", "s3"], ["s2", "s1"], ["s0"]]
    exported = [
        [each.session_id for each in page.turns] async for page in chat.pages("ExportTurns", page_size=3, filter=wanted)
    ]
    assert exported == [["s0", "s1", "s2"], ["s3", "s4"]]
    assert list((await chat.of_sessions("ExportTurns", session_id="t1", filter=wanted)).turns) == []
    assert await refused(chat.of_sessions("ExportTurns", session_id="never", filter=wanted)) == Reason.NOT_FOUND


async def test_a_search_looks_through_so_many_sessions_and_says_how_far(
    chat: Chat, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chat.store.sessions.SEARCHED_AT_ONCE", 3)
    begun = clock.now
    for number in range(8):
        clock.now = begun + number
        await chat.ask("Rain?" if number in (0, 5) else "Snow?", session_id=f"s{number}")
    found = [
        ([each.id for each in page.sessions], page.looked_back_to_ms and page.looked_back_to_ms / 1000 - begun)
        async for page in chat.pages("ListSessions", page_size=2, filter={"text": "rain?"})
    ]
    assert found == [(["s5"], 5), ([], 2), (["s0"], 0)]
