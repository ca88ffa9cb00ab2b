"""A visitor reads and rates their own conversation, and finds no other.

.venv/bin/pytest tests/chat/test_visitor_conversation.py -k guesses --size 10000
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, visitor_pb2, visitor_pb2_grpc
from google.protobuf.json_format import MessageToDict

from services.chat.answerers.answerer import Citations
from services.errors import ChatmountError, Reason
from services.ids import new_id
from tests.turned_clock import TurnedClock

from .callers import KEY, OPERATOR, RETURNING, VISITOR
from .chat_harness import Chat, refused, until_turns
from .scripted_neighbours import ScriptedAnswerer, passage

AT_ONCE = 100


async def turns(chat: Chat) -> list[visitor_pb2.VisitorTurn]:
    return list((await chat.of_visitor("GetConversation")).turns)


async def rate(chat: Chat, turn: visitor_pb2.VisitorTurn, rating: str, comment: str = "") -> None:
    await chat.of_visitor("RateTurn", request_id=turn.request_id, rating=rating, comment=comment)


async def ask(chat: Chat, *questions: str) -> None:
    for number, question in enumerate(questions):
        await chat.events(question, principal=VISITOR, headers=(("x-request-id", f"request-{number}"),))


async def test_a_turn_is_told_as_its_answer_was(chat: Chat, answerer: ScriptedAnswerer) -> None:
    chat.retrieval.found.passages.append(passage("b", "https://b.example/", "Title of b"))
    answerer.script = ("Both.", Citations((2, 1)))
    await ask(chat, "one")
    (turn,) = await turns(chat)
    sources = [{"url": "https://b.example/", "title": "Title of b"}, {"url": "https://a.example/page", "title": "Page"}]
    assert MessageToDict(turn, preserving_proto_field_name=True) == {
        "request_id": "request-0",
        "question": "one",
        "answer": "Both.",
        "sources": sources,
    }


async def test_the_last_fifty_turns_are_told_oldest_first(chat: Chat) -> None:
    await ask(chat, *(f"question {number}" for number in range(52)))
    assert [turn.question for turn in await turns(chat)] == [f"question {number}" for number in range(2, 52)]


async def test_of_long_answers_the_last_that_fit_are_told(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("x" * 100_000,)
    await ask(chat, "one", "two", "three")
    assert [turn.question for turn in await turns(chat)] == ["two", "three"]


async def test_an_answer_that_broke_off_says_so(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("In 14", ChatmountError(Reason.INTERNAL, "Broken."))
    await ask(chat, "one")
    await until_turns(chat, 1)
    (turn,) = await turns(chat)
    assert (turn.answer, turn.broken_off) == ("In 14", True)


async def test_where_the_widget_shows_no_sources_none_are_sent(chat: Chat) -> None:
    await chat.look(sources=False)
    kinds = {event.type for event in await chat.events("one", principal=VISITOR, include_sources=True)}
    assert kinds == {"token", "done"}
    assert not (await turns(chat))[0].HasField("sources")
    assert "sources" in {event.type for event in await chat.events("one", principal=KEY)}
    await chat.look(sources=True)
    assert len((await turns(chat))[0].sources.values) == 1


async def test_sources_that_are_hidden_while_an_answer_comes_are_hidden(chat: Chat, answerer: ScriptedAnswerer) -> None:
    gate = asyncio.Event()
    answerer.script = ("Here", gate, " it is.", Citations((1,)))
    events = aiter(chat.stream("one", VISITOR))
    assert (await anext(events)).content == "Here"
    await chat.look(sources=False)
    gate.set()
    assert [event.type async for event in events] == ["token", "done"]
    kinds = {event.type for event in await chat.events("two", principal=VISITOR, include_sources=False)}
    assert kinds == {"token", "done"}


async def test_a_conversation_ends_when_nobody_came_back(chat: Chat, clock: TurnedClock) -> None:
    await ask(chat, "one")
    clock.now += 30 * 86400 + 1
    assert await refused(chat.of_visitor("GetConversation")) == Reason.NOT_FOUND
    for visitor in (RETURNING, VISITOR):
        assert await refused(chat.events(principal=visitor)) == Reason.NOT_FOUND


async def test_a_rating_can_be_changed_and_taken_back(chat: Chat) -> None:
    await ask(chat, "one", "two")
    first, second = await turns(chat)
    await rate(chat, first, "up")
    await rate(chat, second, "down", "  Wrong\0 page.\n")

    async def told() -> list[tuple[int, str]]:
        return [(turn.rating, turn.rating_comment) for turn in await chat.turns("cnv_1")]

    assert [turn.rating for turn in await turns(chat)] == ["up", "down"]
    assert await told() == [(1, ""), (2, "Wrong page.")]
    await rate(chat, first, "down", "Yes?")
    await rate(chat, second, "", "Nothing stays of this.")
    assert [turn.HasField("rating") for turn in await turns(chat)] == [True, False]
    assert await told() == [(2, "Yes?"), (0, "")]
    exported = (await chat.of_sessions("ExportTurns")).turns
    assert [(one.turn.rating, one.turn.rating_comment) for one in exported] == [(2, "Yes?"), (0, "")]
    traced = await chat.of_sessions("GetTrace", OPERATOR, request_id="request-0")
    assert traced.turn.rating == 2


async def test_conversations_are_found_by_what_visitors_think_of_answers(chat: Chat) -> None:
    await ask(chat, "one", "two")
    await chat.ask("three", session_id="user-42")
    first, second = await turns(chat)
    await rate(chat, first, "up")

    async def found(rating: int) -> list[str]:
        filter_ = {"rating": rating}
        listed = (await chat.of_sessions("ListSessions", filter=filter_)).sessions
        exported = (await chat.of_sessions("ExportTurns", filter=filter_)).turns
        assert {one.session_id for one in exported} == {session.id for session in listed}
        return sorted(session.id for session in listed)

    up, down = chat_pb2.RATING_UP, chat_pb2.RATING_DOWN
    assert [await found(rating) for rating in (0, up, down)] == [["cnv_1", "user-42"], ["cnv_1"], []]
    await rate(chat, second, "down")
    assert [await found(rating) for rating in (up, down)] == [["cnv_1"], ["cnv_1"]]
    for rating in (3, -1):
        assert await refused(found(rating)) == Reason.INVALID_FIELD


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rating": "good"}, Reason.INVALID_FIELD),
        ({"rating": "up", "comment": "x" * 501}, Reason.INVALID_FIELD),
        ({"request_id": "request-9"}, Reason.NOT_FOUND),
        ({"request_id": ""}, Reason.NOT_FOUND),
        ({"request_id": "request-0\0"}, Reason.NOT_FOUND),
    ],
)
async def test_a_rating_that_can_not_be_is_refused(chat: Chat, fields: dict[str, str], reason: Reason) -> None:
    await ask(chat, "one")
    given = {"request_id": "request-0", "rating": "up", **fields}
    assert await refused(chat.of_visitor("RateTurn", **given)) == reason
    assert [turn.HasField("rating") for turn in await turns(chat)] == [False]


async def test_where_the_widget_asks_for_no_ratings_none_are_taken(chat: Chat) -> None:
    await ask(chat, "one")
    await chat.look(ratings=False)
    assert await refused(chat.of_visitor("RateTurn", request_id="request-0", rating="up")) == Reason.WRONG_STATE


async def test_of_any_number_of_guesses_none_finds_a_conversation(chat: Chat, size: Callable[[int], int]) -> None:
    await ask(chat, "a secret question")
    stub = visitor_pb2_grpc.VisitorServiceStub(chat.channel)
    limit = asyncio.Semaphore(AT_ONCE)

    async def guess(conversation: str) -> str:
        visitor = replace(RETURNING, conversation_id=conversation, visitor_digest=secrets.token_hex(32))
        async with limit:
            call = stub.GetConversation(visitor_pb2.GetConversationRequest(), metadata=chat.metadata(visitor))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        return str(caught.value.details())

    guesses = ["cnv_1", "user-42", *(new_id("cnv") for _ in range(size(200)))]
    assert set(await asyncio.gather(*map(guess, guesses))) == {"There is no such conversation."}
    assert [turn.question for turn in await turns(chat)] == ["a secret question"]
    assert len(await chat.sessions()) == 1
