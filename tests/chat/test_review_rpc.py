"""Editors work through the questions that got the fallback, over gRPC."""

from dataclasses import replace

from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.errors import Reason
from services.rpc.pages import page_token
from tests.each import for_each

from .callers import KEY, MEMBER, OPERATOR, OTHER_KEY, OTHER_OPERATOR
from .chat_harness import Chat, refused


async def test_an_editor_works_through_what_got_the_fallback(chat: Chat) -> None:
    await chat.ask("Is it free?", session_id="found")
    chat.retrieval.found = retrieval_pb2.SearchResponse()
    await chat.ask("Is it free?", session_id="a")
    await chat.events("is it FREE", session_id="b")
    await chat.ask("is it free", principal=OTHER_KEY)
    (question,) = (await chat.of_review("ListUnanswered")).questions
    assert (question.question, list(question.other_wordings), question.times) == ("is it FREE", ["Is it free?"], 2)
    assert (question.session_id, question.state) == ("b", chat_pb2.REVIEW_STATE_OPEN)
    for state in (chat_pb2.REVIEW_STATE_NOT_OURS, chat_pb2.REVIEW_STATE_ANSWERED):
        decided = await chat.of_review("ResolveUnanswered", question_id=question.id, state=state)
        assert (decided.question.state, decided.question.decided_by) == (state, "usr_1")
        assert [each.id for each in (await chat.of_review("ListUnanswered", state=state)).questions] == [question.id]
        assert (await chat.of_review("GetUnanswered", question_id=question.id)).question == decided.question
    assert list((await chat.of_review("ListUnanswered", OPERATOR)).questions) == []
    assert len((await chat.of_review("ListUnanswered", OTHER_OPERATOR)).questions) == 1


@for_each(
    ("method", "fields", "reason"),
    [
        ("ListUnanswered", {"state": 9}, Reason.INVALID_FIELD),
        ("ListUnanswered", {"page_size": 1001}, Reason.INVALID_FIELD),
        ("ListUnanswered", {"page_token": page_token(1, 1)}, Reason.INVALID_FIELD),
        ("ResolveUnanswered", {"question_id": "unq_1", "state": 0}, Reason.INVALID_FIELD),
        ("ResolveUnanswered", {"question_id": "unq_1", "state": 9}, Reason.INVALID_FIELD),
        ("ResolveUnanswered", {"question_id": "unq_1", "state": 2}, Reason.NOT_FOUND),
        ("ResolveUnanswered", {"question_id": "\0", "state": 2}, Reason.NOT_FOUND),
        ("GetUnanswered", {"question_id": "unq_1"}, Reason.NOT_FOUND),
        ("GetUnanswered", {"question_id": "\0"}, Reason.NOT_FOUND),
        ("GetUnanswered", {}, Reason.NOT_FOUND),
    ],
)
async def test_what_can_not_be_is_refused(chat: Chat, method: str, fields: dict[str, object], reason: Reason) -> None:
    assert await refused(chat.of_review(method, **fields)) == reason


async def test_a_viewer_reads_and_decides_nothing_and_an_api_key_not_even_that(chat: Chat) -> None:
    viewer = replace(MEMBER, member_role="MEMBER_ROLE_VIEWER")
    assert list((await chat.of_review("ListUnanswered", viewer)).questions) == []
    decision = {"question_id": "unq_1", "state": chat_pb2.REVIEW_STATE_ANSWERED}
    assert await refused(chat.of_review("ResolveUnanswered", viewer, **decision)) == Reason.MEMBER_ROLE
    assert await refused(chat.of_review("ListUnanswered", KEY)) == Reason.ROLE_NOT_ALLOWED
