"""Stored questions asked again: after what came before them, at no cost, and remembered nowhere."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import replay_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.answerers.answerer import Citations, PastTurn
from services.chat.sessions import TracedTurn, Turn
from services.chat.store.replays import ReplayStore
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.chat.trace import Trace
from services.database import Database
from services.errors import ChatmountError, Reason
from tests.each import for_each
from tests.turned_clock import TurnedClock

from .callers import MEMBER, OPERATOR, OTHER_OPERATOR, RETURNING, VISITOR
from .chat_harness import Chat, refused
from .scripted_neighbours import passage
from .told_traces import until_known

DAY = 86_400


def named(request_id: str) -> Any:
    return (("x-request-id", request_id),)


def all_rows(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "chat.db") as database:
        return list(database.iterdump())


def differences(reply: replay_pb2.ReplayResponse) -> list[str]:
    return [
        replay_pb2.ReplayDifference.Name(each).removeprefix("REPLAY_DIFFERENCE_").lower() for each in reply.differences
    ]


async def test_it_is_asked_after_what_came_before_and_leaves_no_trace(chat: Chat, tmp_path: Path) -> None:
    for number, question in enumerate(("one", "two", "three")):
        await chat.ask(question, session_id="s", headers=named(f"r{number}"))
    rows, ledger, asked = all_rows(tmp_path), dict(chat.quota.states), len(chat.quota.request_ids)
    same = await chat.of_replay("Replay", request_id="r1")
    assert (same.changed, differences(same), list(same.causes)) == (False, [], [])

    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("Bikes are returned within 30 days.")])
    chat.answerer.script = ("Within 30", " days.", Citations((1,)))
    reply = await chat.of_replay("Replay", OPERATOR, request_id="r1")
    question = chat.answerer.questions[-1]
    assert (question.text, [turn.question for turn in question.history]) == ("two", ["one"])
    assert list(chat.retrieval.requests[-1].previous_user_turns) == ["one"]
    assert (reply.then.turn.answer, reply.now.turn.answer) == ("Within 14 days.", "Within 30 days.")
    assert (reply.then.session_id, reply.now.session_id, reply.now.trace.credits_used) == ("s", "s", 0)
    assert (reply.changed, differences(reply)) == (True, ["answer", "passages"])
    assert [one.excerpt for one in reply.passages_out] == ["Bikes are returned within 14 days."]
    assert [one.excerpt for one in reply.passages_in] == ["Bikes are returned within 30 days."]
    assert [(cause.url, cause.title) for cause in reply.causes] == [("https://a.example/page", "Page")]
    assert reply.now.trace.found_ms <= reply.now.trace.total_ms

    # Nor is the fallback a question without an answer.
    chat.retrieval.found = retrieval_pb2.SearchResponse()
    reply = await chat.of_replay("Replay", request_id="r1")
    assert differences(reply) == ["answer", "sources", "passages", "maker"]
    assert (all_rows(tmp_path), chat.quota.states, len(chat.quota.request_ids)) == (rows, ledger, asked)


async def test_a_visitors_turn_and_one_without_a_session_are_asked_as_they_were(chat: Chat) -> None:
    await chat.ask("alone", headers=named("r0"))
    for number, who in enumerate((VISITOR, RETURNING), 1):
        async for _ in chat.stream(f"v{number}", who, named(f"r{number}")):
            pass
    for request_id, history in (("r0", []), ("r1", []), ("r2", ["v1"])):
        await chat.of_replay("Replay", request_id=request_id)
        assert [turn.question for turn in chat.answerer.questions[-1].history] == history


async def test_a_question_that_failed_is_asked_again(chat: Chat) -> None:
    await chat.ask("one", session_id="s")
    chat.answerer.script = (ChatmountError(Reason.UNAVAILABLE, "Down."),)
    assert await refused(chat.ask("two", session_id="s", headers=named("r"))) == Reason.UNAVAILABLE
    await until_known(chat, "r")
    assert await refused(chat.of_replay("Replay", request_id="r")) == Reason.UNAVAILABLE
    chat.answerer.script = ("Now.",)
    reply = await chat.of_replay("Replay", request_id="r")
    assert (reply.then.turn.answer, reply.now.turn.answer, reply.changed) == ("", "Now.", True)
    assert [turn.question for turn in chat.answerer.questions[-1].history] == ["one"]


async def test_what_is_anothers_was_deleted_has_ended_or_never_was_is_not_found(chat: Chat, clock: TurnedClock) -> None:
    await chat.ask(session_id="s", headers=named("deleted"))
    await chat.ask(session_id="t", headers=named("over"))
    asked = len(chat.answerer.questions)
    assert await refused(chat.of_replay("Replay", OTHER_OPERATOR, request_id="over")) == Reason.NOT_FOUND
    await chat.of_sessions("DeleteSession", session_id="s")
    clock.now += 31 * DAY
    for request_id in ("deleted", "over", "", "-", "made up", "\0"):
        assert await refused(chat.of_replay("Replay", request_id=request_id)) == Reason.NOT_FOUND
    assert (await chat.of_replay("ListReplayable", OPERATOR)).request_ids == []
    assert len(chat.answerer.questions) == asked


async def test_a_flood_refuses_it_before_any_work(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await chat.ask(headers=named("r"))

    def full(_: object) -> None:
        raise ChatmountError(Reason.OVERLOADED, "Full.")

    monkeypatch.setattr("services.chat.gate.Gate.check", full)
    assert await refused(chat.of_replay("Replay", request_id="r")) == Reason.OVERLOADED
    assert len(chat.retrieval.requests) == 1


@for_each("principal", [replace(MEMBER, member_role="MEMBER_ROLE_VIEWER"), VISITOR])
async def test_who_may_not_ask_may_not_ask_again(chat: Chat, principal: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await chat.of_replay("Replay", principal, request_id="r")
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_the_newest_turns_come_first_whatever_their_sessions(chat: Chat, clock: TurnedClock) -> None:
    for request_id, session_id in (("r0", "s"), ("r1", "t"), ("r2", "s"), ("-", "u"), ("r3", "t")):
        clock.now += 1
        await chat.ask(session_id=session_id, headers=named(request_id))
    assert list((await chat.of_replay("ListReplayable", OPERATOR)).request_ids) == ["r3", "r2", "r1", "r0"]
    assert list((await chat.of_replay("ListReplayable", OPERATOR, page_size=3)).request_ids) == ["r3", "r2"]
    assert await refused(chat.of_replay("ListReplayable", OPERATOR, page_size=1001)) == Reason.INVALID_FIELD


async def test_what_came_before_and_the_newest_are_read_from_either_database(
    database: Database, turns: TurnStore, sessions: SessionStore
) -> None:
    store = ReplayStore(database)
    for number in range(1, 5):
        for chatbot in ("bot_1", "bot_2"):
            turn = Turn(f"q{number}", f"{chatbot} {number}", (), f"{chatbot} r{number}", number)
            await turns.append(chatbot, "s", turn, 0, Trace())
    found = await sessions.traced("bot_1 r3", "bot_1", 0)
    assert found is not None
    assert await store.before(found, 0) == (PastTurn("q1", "bot_1 1"), PastTurn("q2", "bot_1 2"))
    failed = TracedTurn("bot_1", "s", replace(found.turn, completed_ms=1), Trace())
    assert await store.before(failed, 0) == (PastTurn("q1", "bot_1 1"),)
    assert await store.before(found, 5) == ()
    assert await store.newest("bot_2", 3, 0) == ("bot_2 r4", "bot_2 r3", "bot_2 r2")
