"""Conversations as clients and operators see them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from services.chat.sessions import Turn, fitting
from services.errors import Reason
from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.turned_clock import TurnedClock
from tests.waiting import until

from .callers import KEY, OPERATOR, OTHER_KEY, OTHER_OPERATOR
from .chat_harness import QUICK, Chat, refused
from .conftest import Serving
from .scripted_neighbours import ScriptedAnswerer

DAY = 86_400


async def test_the_same_id_goes_on_whole_or_streamed_and_with_another_key(chat: Chat) -> None:
    await chat.ask("one", session_id="s")
    await chat.events("two", session_id="s")
    another = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_9", "plus", "api")
    await chat.ask("three", session_id="s", principal=another)
    assert [turn.question for turn in await chat.turns("s")] == ["one", "two", "three"]
    assert [len(question.history) for question in chat.answerer.questions] == [0, 1, 2]


async def test_two_chatbots_share_nothing(chat: Chat) -> None:
    await chat.ask("mine", session_id="s")
    await chat.ask("theirs", session_id="s", principal=OTHER_KEY)
    assert chat.answerer.questions[1].history == ()
    assert [turn.question for turn in await chat.turns("s", OPERATOR)] == ["mine"]
    assert [turn.question for turn in await chat.turns("s", OTHER_OPERATOR)] == ["theirs"]


@pytest.mark.parametrize("fields", [{}, {"session_id": ""}])
async def test_a_question_without_session_is_a_conversation_of_its_own(chat: Chat, fields: Any) -> None:
    await chat.ask("one", **fields)
    await chat.ask("two", **fields)
    assert chat.answerer.questions[1].history == ()
    listed = await chat.sessions()
    assert len({session.id for session in listed}) == 2
    assert all(session.id.startswith("ses_") and session.turns == 1 for session in listed)


async def test_50_questions_of_one_session_at_once_are_answered_and_kept(chat: Chat) -> None:
    asked = [f"q{number}" for number in range(50)]
    await asyncio.gather(*(chat.ask(question, session_id="busy") for question in asked))
    turns = await chat.turns("busy")
    assert sorted(turn.question for turn in turns) == sorted(asked)
    assert [turn.created_at_ms for turn in turns] == sorted(turn.created_at_ms for turn in turns)
    assert chat.quota.charged == 50


async def test_a_session_ends_on_the_dot_before_any_sweep(chat: Chat, clock: TurnedClock) -> None:
    await chat.ask("one", session_id="s")
    clock.now += 30 * DAY
    await chat.ask("two", session_id="s")
    clock.now += 30 * DAY + 0.001
    assert await refused(chat.turns("s")) == Reason.NOT_FOUND
    assert await chat.sessions() == []
    await chat.ask("three", session_id="s")
    assert [len(question.history) for question in chat.answerer.questions] == [0, 1, 0]
    assert [turn.question for turn in await chat.turns("s")] == ["three"]


async def test_sessions_survive_a_restart_and_the_sweep_takes_those_that_are_over(
    serving: Serving, clock: TurnedClock
) -> None:
    async with serving(ScriptedAnswerer()) as chat:
        await chat.ask("one", session_id="old")
        clock.now += 20 * DAY
        await chat.ask("two", session_id="young")
    clock.now += 15 * DAY
    async with serving(ScriptedAnswerer(), replace(QUICK, sweeps_at_once=True)) as chat:
        assert [turn.question for turn in await chat.turns("young")] == ["two"]
        clock.now += -30 * DAY

        async def is_swept() -> bool:
            return [session.id for session in await chat.sessions()] == ["young"]

        await until(is_swept)


async def test_sessions_are_listed_in_pages(chat: Chat, clock: TurnedClock) -> None:
    for number in range(5):
        clock.now += 1
        await chat.ask(session_id=f"s{number}")
    pages = [[session.id for session in page.sessions] async for page in chat.pages("ListSessions", page_size=2)]
    assert pages == [["s4", "s3"], ["s2", "s1"], ["s0"]]


async def test_turns_are_shown_in_pages(chat: Chat) -> None:
    for number in range(5):
        await chat.ask(f"q{number}", session_id="s")
    pages = [page async for page in chat.pages("GetSession", session_id="s", page_size=2)]
    assert [[turn.question for turn in page.turns] for page in pages] == [["q0", "q1"], ["q2", "q3"], ["q4"]]
    assert {page.session.turns for page in pages} == {5}


@for_each("size", [-1, 1001])
async def test_a_page_size_out_of_range_is_refused(chat: Chat, size: int) -> None:
    assert await refused(chat.of_sessions("ListSessions", page_size=size)) == Reason.INVALID_FIELD


@for_each("token", ["x", "!!!!", "AAAA", "MS4yLjM=", "LTEuMg==", "OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "é"])
async def test_a_page_token_of_ones_own_making_is_refused(chat: Chat, token: str) -> None:
    assert await refused(chat.of_sessions("ListSessions", page_token=token)) == Reason.INVALID_FIELD


@pytest.mark.parametrize("session_id", ["theirs", "never", "", "\0"])
async def test_another_chatbots_session_is_not_found_like_one_that_never_was(chat: Chat, session_id: str) -> None:
    await chat.ask(session_id="theirs", principal=OTHER_KEY)
    assert await refused(chat.turns(session_id)) == Reason.NOT_FOUND
    assert await refused(chat.of_sessions("DeleteSession", session_id=session_id)) == Reason.NOT_FOUND
    assert len(await chat.turns("theirs", OTHER_OPERATOR)) == 1


async def test_a_deleted_session_is_gone_and_its_id_begins_anew(chat: Chat) -> None:
    await chat.ask("one", session_id="s")
    await chat.of_sessions("DeleteSession", session_id="s")
    assert await refused(chat.turns("s")) == Reason.NOT_FOUND
    await chat.ask("two", session_id="s")
    assert chat.answerer.questions[1].history == ()


async def test_all_sessions_of_one_chatbot_are_deleted_and_no_others(chat: Chat) -> None:
    await chat.ask(session_id="a")
    await chat.ask()
    await chat.ask(session_id="a", principal=OTHER_KEY)
    assert (await chat.of_sessions("DeleteAllSessions", keep_profile=True)).sessions == 2
    assert await chat.sessions() == []
    assert len(await chat.sessions(OTHER_OPERATOR)) == 1


@for_each("principal", [KEY, Principal(Role.ROLE_OPERATOR), Principal(Role.ROLE_OPERATOR, "acct_1")])
async def test_only_an_operator_of_the_chatbot_may_look(chat: Chat, principal: Principal) -> None:
    assert await refused(chat.turns("s", principal)) == Reason.ROLE_NOT_ALLOWED


async def test_a_long_history_is_cut_to_the_newest_turns(chat: Chat) -> None:
    chat.answerer.script = ("word " * 300,)
    for number in range(8):
        await chat.ask(f"q{number}", session_id="s")
    history = chat.answerer.questions[-1].history
    assert [turn.question for turn in history] == ["q2", "q3", "q4", "q5", "q6"]
    assert list(chat.retrieval.requests[-1].previous_user_turns) == [turn.question for turn in history]


def test_a_page_of_turns_fits_in_a_reply() -> None:
    turns = [Turn("q", "🚲" * 1000, (), "r", 0).texts for _ in range(10)]
    assert [fitting(turns, 9000), fitting(turns, 1), fitting([], 1), fitting(turns)] == [2, 1, 0, 10]
