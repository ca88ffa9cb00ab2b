"""A member asks in the playground: by their own token, for a credit, in conversations of its own."""

from dataclasses import replace

import pytest

from services.errors import Reason

from .callers import KEY, MEMBER
from .chat_harness import Chat, refused

OF_REQUEST = (("x-request-id", "request-1"),)
ONCE = (("idempotency-key", "once"),)


async def test_a_question_costs_a_credit_and_its_trace_is_there_when_the_answer_ends(chat: Chat) -> None:
    async for event in chat.stream("Why?", MEMBER, OF_REQUEST, session_id="ply_1"):
        if event.type == "done":
            traced = await chat.of_sessions("GetTrace", MEMBER, request_id="request-1")
    assert (traced.session_id, traced.turn.question, traced.trace.credits_used) == ("ply_1", "Why?", 1)
    assert (chat.quota.charged, chat.quota.held) == (1, 0)
    assert set(chat.quota.owners.values()) == {"acct_1"}
    (session,) = await chat.sessions(MEMBER)
    assert (session.id, session.channel, session.first_question) == ("ply_1", "playground", "Why?")


async def test_a_conversation_goes_on_in_its_own_channel_alone(chat: Chat) -> None:
    await chat.events("one", principal=MEMBER, session_id="ply_1")
    await chat.events("two", principal=replace(MEMBER, subject="usr_2"), session_id="ply_1")
    assert [len(question.history) for question in chat.answerer.questions] == [0, 1]
    assert await refused(chat.ask("three", session_id="ply_1")) == Reason.INVALID_SESSION_ID
    assert await refused(chat.events("three", session_id="ply_1")) == Reason.INVALID_SESSION_ID
    assert [turn.question for turn in await chat.turns("ply_1")] == ["one", "two"]
    assert (chat.quota.charged, chat.quota.held) == (2, 0)


@pytest.mark.parametrize("session_id", ["s", "ply", "", None])
async def test_an_id_that_the_api_could_have_is_not_the_playgrounds(chat: Chat, session_id: str | None) -> None:
    if session_id:
        assert await refused(chat.events(principal=MEMBER, session_id=session_id)) == Reason.INVALID_SESSION_ID
        await chat.ask(session_id=session_id)
        return
    await chat.events(principal=MEMBER, session_id=session_id)
    (session,) = await chat.sessions()
    assert session.id.startswith("ply_")


async def test_an_idempotency_key_is_a_members_own_at_each_chatbot(chat: Chat) -> None:
    others = [
        replace(MEMBER, subject="usr_2"),
        replace(MEMBER, chatbot_id="bot_2", account_id="acct_2"),
        replace(KEY, key_id="usr_1"),
    ]
    for principal in (MEMBER, MEMBER, *others, *others):
        await chat.events("Why?", principal=principal, headers=ONCE)
    assert len(chat.answerer.questions) == chat.quota.charged == 4


async def test_who_only_reads_may_not_ask(chat: Chat) -> None:
    viewer = replace(MEMBER, member_role="MEMBER_ROLE_VIEWER")
    assert await refused(chat.events(principal=viewer)) == Reason.MEMBER_ROLE
    assert await refused(chat.ask(principal=MEMBER)) == Reason.ROLE_NOT_ALLOWED
    assert await chat.sessions(viewer) == []
