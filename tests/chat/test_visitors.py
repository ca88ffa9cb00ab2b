"""A visitor asks through the widget: in the conversation of their ticket, and in no other."""

from dataclasses import replace
from typing import Any

import pytest

from services.chat.store.deletion import not_found
from services.chat.store.visits import VisitStore
from services.errors import ChatmountError, Reason
from tests.each import for_each
from tests.waiting import until

from .callers import DIGEST, KEY, MEMBER, RETURNING, VISITOR
from .chat_harness import Chat, refused

OTHER_DIGEST = "fedcba9876543210" * 4
OTHER = replace(VISITOR, visitor_digest=OTHER_DIGEST, key_id=f"wgt_1:{OTHER_DIGEST[:32]}", conversation_id="cnv_2")
ONCE = (("idempotency-key", "once"),)


async def questions(chat: Chat, principal: Any = RETURNING) -> list[str]:
    return [turn.question for turn in (await chat.of_visitor("GetConversation", principal)).turns]


async def test_a_conversation_begins_by_a_new_ticket_and_goes_on_by_any(chat: Chat) -> None:
    assert (await chat.events("one", principal=VISITOR))[-1].type == "done"
    for principal in (VISITOR, RETURNING):
        await chat.events("more", principal=principal)
    assert [len(question.history) for question in chat.answerer.questions] == [0, 1, 2]
    assert await questions(chat) == ["one", "more", "more"]
    assert (chat.quota.charged, chat.quota.held) == (3, 0)
    (session,) = await chat.sessions()
    assert (session.id, session.channel, session.turns, session.first_question) == ("cnv_1", "widget", 3, "one")


async def test_only_a_new_ticket_begins_a_conversation(chat: Chat) -> None:
    assert await refused(chat.events(principal=RETURNING)) == Reason.NOT_FOUND
    assert (await chat.sessions(), chat.quota.states, chat.answerer.questions) == ([], {}, [])


async def test_the_body_chooses_no_session(chat: Chat) -> None:
    await chat.ask("a secret of the API's", session_id="user-42")
    await chat.events("one", principal=OTHER)
    for session_id in ("user-42", "cnv_2", "\n", "x" * 999):
        await chat.events("hello", principal=VISITOR, session_id=session_id)
    assert await questions(chat) == ["hello"] * 4
    assert [turn.question for turn in await chat.turns("user-42")] == ["a secret of the API's"]
    assert all("secret" not in str(question.history) for question in chat.answerer.questions)


@pytest.mark.parametrize("may_begin", [False, True])
async def test_what_is_anothers_counts_as_not_there(chat: Chat, may_begin: bool) -> None:
    await chat.ask("of the API", session_id="user-42")
    await chat.events("of a member", principal=MEMBER, session_id="ply_1")
    await chat.events("of another visitor", principal=OTHER)
    elsewhere = replace(VISITOR, chatbot_id="bot_2", account_id="acct_2", conversation_id="cnv_3")
    await chat.events("of another chatbot", principal=elsewhere)
    asked, states = len(chat.answerer.questions), dict(chat.quota.states)
    for conversation in ("user-42", "ply_1", "cnv_2"):
        visitor = replace(VISITOR, conversation_id=conversation, may_begin=may_begin)
        assert await refused(chat.events("mine?", principal=visitor)) == Reason.NOT_FOUND
        assert await refused(chat.of_visitor("GetConversation", visitor)) == Reason.NOT_FOUND
        assert await refused(chat.of_visitor("DeleteConversation", visitor)) == Reason.NOT_FOUND
        request_id = (await chat.turns(conversation))[0].request_id
        rating = chat.of_visitor("RateTurn", visitor, request_id=request_id, rating="up")
        assert await refused(rating) == Reason.NOT_FOUND
    assert await refused(chat.of_visitor("GetConversation", replace(VISITOR, conversation_id="cnv_3"))) == (
        Reason.NOT_FOUND
    )
    assert len(chat.answerer.questions) == asked
    assert {state for key, state in chat.quota.states.items() if key not in states} <= {"released"}
    assert len(await chat.sessions()) == 3


async def test_a_conversation_of_the_widget_is_no_session_of_the_apis(chat: Chat) -> None:
    await chat.events("one", principal=VISITOR)
    for call in (chat.ask("two", session_id="cnv_1"), chat.events("two", session_id="cnv_1")):
        assert await refused(call) == Reason.INVALID_SESSION_ID
    assert await questions(chat) == ["one"]


async def test_who_is_refused_a_credit_leaves_no_conversation(chat: Chat) -> None:
    chat.quota.credits = 0
    assert await refused(chat.events(principal=VISITOR)) == Reason.MONTH_LIMIT
    assert await refused(chat.of_visitor("GetConversation")) == Reason.NOT_FOUND


async def test_where_a_conversation_can_not_begin_nothing_is_said_and_no_charge_stays(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(self: VisitStore, *_: object) -> None:
        await until(lambda: chat.quota.charged == 1)
        raise not_found()

    monkeypatch.setattr(VisitStore, "begin", fails)
    assert await refused(chat.events(principal=VISITOR)) == Reason.NOT_FOUND
    await until(lambda: set(chat.quota.states.values()) == {"released"})
    assert await chat.sessions() == []


async def test_a_question_that_failed_can_be_asked_again_by_any_ticket(chat: Chat) -> None:
    chat.retrieval.faults.fail("Search", ChatmountError(Reason.INTERNAL, "Broken."), times=1)
    assert await refused(chat.events("one", principal=VISITOR)) == Reason.INTERNAL
    assert await chat.sessions() == [], "operators see no conversation without a turn"
    assert await questions(chat) == []
    await chat.events("two", principal=RETURNING)
    assert await questions(chat) == ["two"]


@for_each("lacking", [{"visitor_digest": ""}, {"conversation_id": ""}])
async def test_the_token_for_an_appearance_reads_nothing_else(chat: Chat, lacking: dict[str, str]) -> None:
    await chat.ask("of the API", session_id="user-42")
    reader = replace(VISITOR, **lacking)
    assert (await chat.of_appearance("GetAppearance", reader)).side == "right"
    assert await refused(chat.events(principal=reader)) == Reason.ROLE_NOT_ALLOWED
    for method in ("GetConversation", "DeleteConversation", "RateTurn"):
        assert await refused(chat.of_visitor(method, reader)) == Reason.ROLE_NOT_ALLOWED


async def test_a_visitor_is_no_caller_of_anything_else(chat: Chat) -> None:
    assert await refused(chat.ask(principal=VISITOR)) == Reason.ROLE_NOT_ALLOWED
    assert await refused(chat.look(VISITOR, title="mine")) == Reason.ROLE_NOT_ALLOWED
    for principal in (KEY, MEMBER):
        assert await refused(chat.of_visitor("GetConversation", principal)) == Reason.ROLE_NOT_ALLOWED


async def test_whatever_channel_the_token_says_it_is_the_widgets(chat: Chat) -> None:
    await chat.events("one", principal=replace(VISITOR, channel=""))
    assert [session.channel for session in await chat.sessions()] == ["widget"]


async def test_an_idempotency_key_is_a_visitors_own_in_each_conversation(chat: Chat) -> None:
    one = await chat.events("Why?", principal=VISITOR, headers=ONCE)
    assert await chat.events("Why?", principal=RETURNING, headers=ONCE, session_id="x") == one
    await chat.events("Why?", principal=OTHER, headers=ONCE)
    await chat.ask("Why?", KEY, headers=ONCE)
    assert len(chat.answerer.questions) == chat.quota.charged == 3
    elsewhere = replace(VISITOR, conversation_id="cnv_9")
    for again in (elsewhere, VISITOR):
        text = "Why?" if again is elsewhere else "How?"
        refusal = await refused(chat.events(text, principal=again, headers=ONCE))
        assert refusal == Reason.IDEMPOTENCY_CONFLICT
    assert await questions(chat) == ["Why?"]


async def test_operators_see_nothing_of_who_asked(chat: Chat) -> None:
    await chat.events("one", principal=VISITOR)
    replies = [
        await chat.of_sessions("ListSessions"),
        await chat.of_sessions("GetSession", session_id="cnv_1"),
        await chat.of_sessions("ExportTurns"),
    ]
    for reply in replies:
        assert "cnv_1" in str(reply)
        assert DIGEST[:16] not in str(reply)
        assert "wgt_1" not in str(reply)
