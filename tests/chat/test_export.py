"""All turns of a chatbot, in pages that nothing asked meanwhile can shift."""

from typing import Any

from services.chat.sessions import Turn
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.errors import Reason
from services.rpc.pages import page_token
from tests.each import for_each

from .callers import OTHER_KEY, OTHER_OPERATOR
from .chat_harness import Chat, refused

NOW_MS = 1_800_000_000_000
IDS = ("a", "B", "é 😀", "a b", "%", "Ω" * 200)


async def pages(chat: Chat, size: int = 2, **fields: Any) -> list[list[tuple[str, int, str]]]:
    """Session, number and question of every turn, page by page."""
    return [
        [(turn.session_id, turn.number, turn.turn.question) for turn in page.turns]
        async for page in chat.pages("ExportTurns", page_size=size, **fields)
    ]


async def test_every_turn_comes_once_and_those_of_a_session_in_their_order(chat: Chat) -> None:
    for number in (1, 2, 3):
        for session_id in IDS:
            await chat.ask(f"{session_id} {number}", session_id=session_id)
    await chat.ask("theirs", session_id="a", principal=OTHER_KEY)
    seen = [turn for page in await pages(chat) for turn in page]
    assert sorted(seen) == sorted((name, number, f"{name} {number}") for name in IDS for number in (1, 2, 3))
    for place, (name, number, _) in enumerate(seen):
        assert number == 1 or seen[place - 1][:2] == (name, number - 1)
    assert [len(page) for page in await pages(chat, size=18)] == [18]


async def test_one_session_alone_and_none_that_is_anothers(chat: Chat) -> None:
    for number in (1, 2, 3):
        await chat.ask(f"{number}", session_id="s")
    await chat.ask("other", session_id="t")
    await chat.ask("theirs", session_id="theirs", principal=OTHER_KEY)
    assert await pages(chat, session_id="s") == [[("s", 1, "1"), ("s", 2, "2")], [("s", 3, "3")]]
    for unknown in ("theirs", "never", "", "\0"):
        assert await refused(chat.of_sessions("ExportTurns", session_id=unknown)) == Reason.NOT_FOUND
    assert await refused(chat.of_sessions("ExportTurns", OTHER_OPERATOR, session_id="s")) == Reason.NOT_FOUND
    assert await pages(chat, session_id="t") == [[("t", 1, "other")]]


@for_each("token", ["x", page_token(1, 1), page_token("zz", 1), page_token("00", 1), page_token("ff", 1)])
async def test_a_page_token_of_ones_own_making_is_refused(chat: Chat, token: str) -> None:
    assert await refused(chat.of_sessions("ExportTurns", page_token=token)) == Reason.INVALID_FIELD


async def test_what_is_asked_meanwhile_shifts_nothing(turns: TurnStore, sessions: SessionStore) -> None:
    def turn(question: str, at: int) -> Turn:
        return Turn(question, "a", (), "r", at)

    for number in range(6):
        await turns.append("bot_1", f"s{number}", turn(f"{number}", NOW_MS + number), 0)
    first = await sessions.export("bot_1", None, None, 3, 0)
    await turns.append("bot_1", "s5", turn("again", NOW_MS + 10), 0)
    await turns.append("bot_1", "s0", turn("too late", NOW_MS + 11), 0)
    await turns.append("bot_1", "s00", turn("too late", NOW_MS + 12), 0)
    rest = await sessions.export("bot_1", None, (first[-1].session_id, first[-1].number), 100, 0)
    assert [placed.turn.question for placed in (*first, *rest)] == ["0", "1", "2", "3", "4", "5", "again"]
    assert [placed.session_id for placed in await sessions.export("bot_1", None, None, 9, NOW_MS + 11)] == [
        "s0",
        "s0",
        "s00",
    ]
    assert await sessions.export("bot_2", None, None, 9, 0) == ()
    assert await sessions.export("bot_2", "s0", None, 9, 0) == ()
