"""Conversations of visitors in both kinds of databases."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.chat.idempotency.entry import Attempt, Identity
from services.chat.sessions import Rating, Turn
from services.chat.store.idempotency import IdempotencyStore
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.chat.store.visits import VisitStore
from services.chat.visitor import Visit, Visitor
from services.database import Database
from services.errors import ChatmountError, Reason
from services.ids import new_id
from services.trust.principal import Channel
from tests.database.migrations.seeds import content
from tests.promises.plans_of_statements import rows_read_in_vain, statements

VISITOR = Visitor("ab" * 32, "cnv_1", may_begin=True)
TURN = Turn("How long?", "14 days.", ("https://a.example/",), "request-1", 1_000, source_titles=("A",))


@pytest.fixture
def visits(database: Database) -> VisitStore:
    return VisitStore(database)


async def begin(visits: VisitStore, visitor: Visitor = VISITOR, chatbot_id: str = "bot_1") -> Visit:
    visit, _ = await visits.open(chatbot_id, visitor, 0)
    await visits.begin(chatbot_id, visit, 1_000, 0)
    return visit


async def is_found(visits: VisitStore, visitor: Visitor, chatbot_id: str = "bot_1", since_ms: int = 0) -> bool:
    (opened,) = await asyncio.gather(
        visits.open(chatbot_id, replace(visitor, may_begin=False), since_ms), return_exceptions=True
    )
    assert not isinstance(opened, BaseException) or getattr(opened, "reason", None) is Reason.NOT_FOUND, opened
    return not isinstance(opened, BaseException)


async def test_two_first_questions_at_once_begin_one_conversation(visits: VisitStore, turns: TurnStore) -> None:
    begun = await asyncio.gather(*(begin(visits) for _ in range(8)))
    (key,) = {visit.key for visit in begun}
    await asyncio.gather(*(turns.append("bot_1", "cnv_1", TURN, 0, None, Channel.WIDGET, key) for _ in range(8)))
    visit, past = await visits.open("bot_1", VISITOR, 0)
    assert (visit.key, len(past)) == (key, 8)


async def test_an_id_that_is_taken_is_not_begun(visits: VisitStore, turns: TurnStore) -> None:
    await turns.append("bot_1", "user-42", TURN, 0)
    await begin(visits)
    for other in (replace(VISITOR, conversation_id="user-42"), replace(VISITOR, digest="cd" * 32)):
        with pytest.raises(ChatmountError) as caught:
            await begin(visits, other)
        assert caught.value.reason is Reason.NOT_FOUND


async def test_of_many_conversations_only_ones_own_is_found(
    visits: VisitStore, turns: TurnStore, size: Callable[[int], int]
) -> None:
    key = (await begin(visits)).key
    await turns.append("bot_1", "cnv_1", TURN, 0, None, Channel.WIDGET, key)
    await turns.append("bot_1", "user-42", TURN, 0)
    others = [replace(VISITOR, conversation_id=new_id("cnv")) for _ in range(size(500))]
    others.append(replace(VISITOR, conversation_id="user-42"))
    for first in range(0, len(others), 500):
        found = await asyncio.gather(*(is_found(visits, other) for other in others[first : first + 500]))
        assert not any(found)
    assert await is_found(visits, VISITOR)
    assert not await is_found(visits, VISITOR, "bot_2")
    assert not await is_found(visits, replace(VISITOR, digest=""))
    assert not await is_found(visits, VISITOR, since_ms=1_001)


@pytest.mark.parametrize("by", ["visitor", "operator", "all"])
async def test_what_was_deleted_takes_no_turn_and_is_not_begun_again(
    visits: VisitStore, turns: TurnStore, sessions: SessionStore, database: Database, by: str
) -> None:
    key = (await begin(visits)).key
    if by == "visitor":
        await visits.delete("bot_1", VISITOR, 0)
    else:
        await (sessions.delete_session("bot_1", "cnv_1") if by == "operator" else sessions.delete_all("bot_1"))
    await turns.append("bot_1", "cnv_1", TURN, 0, None, Channel.WIDGET, key)
    with pytest.raises(ChatmountError) as caught:
        await begin(visits)
    assert caught.value.reason is Reason.NOT_FOUND
    rows = await content(database)
    assert (rows["sessions"], rows["turns"], len(rows["deleted_conversations"])) == ([], [], 1)
    assert (await begin(visits, replace(VISITOR, conversation_id="cnv_2"))).key != key, "a number is never given again"
    await begin(visits, chatbot_id="bot_2")
    await sessions.sweep(1_001)
    assert (await content(database))["deleted_conversations"] == []


async def test_an_id_that_is_free_again_has_nothing_of_its_visitor(
    visits: VisitStore, turns: TurnStore, database: Database
) -> None:
    key = (await begin(visits)).key
    await turns.append("bot_1", "cnv_1", TURN, 0, None, Channel.WIDGET, key)
    await turns.append("bot_1", "cnv_1", replace(TURN, question="Of the API", completed_ms=9_000), 5_000)
    rows = await content(database)
    assert [(row["channel"], row["visitor_digest"]) for row in rows["sessions"]] == [(None, None)]
    assert [row["question"] for row in rows["turns"]] == ["Of the API"]
    assert not await is_found(visits, VISITOR)


async def test_the_sweep_takes_the_replies_of_a_conversation_along(
    visits: VisitStore, sessions: SessionStore, database: Database
) -> None:
    requests = IdempotencyStore(database)
    for conversation in ("cnv_1", "cnv_2", None):
        identity = Identity(f"key of {conversation}", "bot_1", "once", "digest", conversation)
        await requests.begin(Attempt(identity, new_id("try"), new_id("rsv")), 1_000, 0, 1_000)
    await begin(visits)
    await sessions.sweep(1_001)
    kept = (await content(database))["idempotent_requests"]
    assert {row["conversation_id"] for row in kept} == {"cnv_2", None}


async def test_a_request_that_begins_while_its_conversation_is_deleted_leaves_nothing(
    visits: VisitStore, database: Database
) -> None:
    requests = IdempotencyStore(database)

    async def begin_request(number: int, visitor: Visitor) -> None:
        identity = Identity("wgt_1:ab", "bot_1", f"once-{number}", "digest", visitor.conversation_id)
        await asyncio.sleep(number / 1000)
        attempt = Attempt(identity, new_id("try"), new_id("rsv"))
        (begun,) = await asyncio.gather(requests.begin(attempt, 1_000, 0, 1_000), return_exceptions=True)
        assert not isinstance(begun, BaseException) or getattr(begun, "reason", None) is Reason.NOT_FOUND, begun

    for turn in range(8):
        visitor = replace(VISITOR, conversation_id=f"cnv_{turn}")
        await begin(visits, visitor)
        beginning = (begin_request(number, visitor) for number in range(8))
        await asyncio.gather(visits.delete("bot_1", visitor, 0), *beginning)
        assert (await content(database))["idempotent_requests"] == []


async def test_a_rating_reaches_the_turns_of_one_conversation(visits: VisitStore, turns: TurnStore) -> None:
    # Without the edge, requests may have come under one id.
    other = replace(VISITOR, digest="cd" * 32, conversation_id="cnv_2")
    for visitor in (VISITOR, other):
        key = (await begin(visits, visitor)).key
        await turns.append("bot_1", visitor.conversation_id, TURN, 0, None, Channel.WIDGET, key)
    await visits.rate("bot_1", VISITOR, 0, "request-1", Rating.DOWN, "No.")
    (rated,) = await visits.conversation("bot_1", VISITOR, 0, 50)
    assert (rated.rating, rated.rating_comment) == (Rating.DOWN, "No.")
    assert await visits.conversation("bot_1", other, 0, 50) == (TURN,)


async def test_nothing_is_read_whole(visits: VisitStore, turns: TurnStore, database: Database) -> None:
    with statements() as sent:
        key = (await begin(visits)).key
        await turns.append("bot_1", "cnv_1", TURN, 0, None, Channel.WIDGET, key)
        await visits.open("bot_1", VISITOR, 0)
        await visits.conversation("bot_1", VISITOR, 0, 50)
        await visits.rate("bot_1", VISITOR, 0, "request-1", Rating.UP, "")
        await visits.delete("bot_1", VISITOR, 0)
    for one in sent:
        assert await rows_read_in_vain(database, one, 5) == [], one.sql
