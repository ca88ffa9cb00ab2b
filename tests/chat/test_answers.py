"""What comes back for a question, whole and streamed."""

import json
from typing import Any

import pytest
from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2
from google.protobuf.json_format import MessageToDict, MessageToJson

from services.chat.answerers.answerer import Citations
from services.chat.profile import DEFAULT_FALLBACK
from services.errors import Reason
from services.trust.principal import Principal, Role
from tests.each import for_each

from .callers import KEY, OPERATOR
from .chat_harness import Chat, refused
from .scripted_neighbours import ScriptedAnswerer, passage

SOURCE = {"url": "https://a.example/page", "title": "Page"}


def as_json(message: object) -> dict[str, object]:
    return dict(json.loads(MessageToJson(message, preserving_proto_field_name=True)))  # type: ignore[arg-type]


async def test_an_answer_has_text_sources_and_usage(chat: Chat) -> None:
    assert as_json(await chat.ask()) == {
        "message": "Within 14 days.",
        "sources": [SOURCE],
        "usage": {"credits_used": 1, "credits_remaining": 999},
    }
    assert chat.quota.charged == 1


async def test_a_stream_is_tokens_then_sources_then_done(chat: Chat) -> None:
    assert [as_json(event) for event in await chat.events()] == [
        {"type": "token", "content": "With"},
        {"type": "token", "content": "in 14"},
        {"type": "token", "content": " days."},
        {"type": "sources", "sources": [SOURCE]},
        {"type": "done"},
    ]
    assert chat.quota.charged == 1


async def test_no_credits_left_is_a_zero_that_is_said_and_unlimited_says_nothing(chat: Chat) -> None:
    chat.quota.credits = 1
    assert as_json((await chat.ask()).usage) == {"credits_used": 1, "credits_remaining": 0}
    chat.quota.credits = None
    assert as_json((await chat.ask()).usage) == {"credits_used": 1}


async def test_declined_sources_are_nowhere(chat: Chat) -> None:
    assert "sources" not in as_json(await chat.ask(include_sources=False))
    kinds = [event.type for event in await chat.events(include_sources=False)]
    assert kinds == ["token", "token", "token", "done"]


async def test_sources_are_there_when_asked_for_explicitly(chat: Chat) -> None:
    assert as_json(await chat.ask(include_sources=True))["sources"] == [SOURCE]


async def test_an_answer_that_cites_nothing_has_an_empty_list(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = ("Hello.",)
    assert as_json(await chat.ask())["sources"] == []
    assert as_json((await chat.events())[-2]) == {"type": "sources", "sources": []}


async def test_sources_are_three_at_most_unique_in_order_and_only_of_passages_that_exist(
    chat: Chat, answerer: ScriptedAnswerer
) -> None:
    urls = ["https://a.example", "https://b.example", "https://a.example", "https://c.example", "https://d.example"]
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage(f"Text {url}", url, url) for url in urls])
    answerer.script = ("Yes.", Citations((9, 3, 0, -1, 1, 2, 4, 5)))
    listed = as_json(await chat.ask())["sources"]
    assert listed == [{"url": url, "title": url} for url in (urls[0], urls[1], urls[3])]


async def test_nothing_relevant_is_answered_with_the_fallback_and_the_answerer_is_not_asked(
    chat: Chat, answerer: ScriptedAnswerer
) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("Something else.", cosine=0.39)])
    whole = as_json(await chat.ask())
    assert (whole["message"], whole["sources"]) == (DEFAULT_FALLBACK, [])
    assert "".join(event.content for event in await chat.events()) == DEFAULT_FALLBACK
    assert answerer.questions == []
    assert chat.quota.charged == 2


async def test_a_chatbot_without_passages_says_its_fallback(chat: Chat) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse()
    assert (await chat.ask()).message == DEFAULT_FALLBACK


async def test_an_answerer_with_nothing_to_say_leaves_it_to_the_fallback(
    chat: Chat, answerer: ScriptedAnswerer
) -> None:
    answerer.script = (Citations((1,)),)
    whole = as_json(await chat.ask())
    assert (whole["message"], whole["sources"]) == (DEFAULT_FALLBACK, [])


async def test_a_pair_is_answered_word_for_word_with_its_page(chat: Chat, answerer: ScriptedAnswerer) -> None:
    text = "Call  us:\n\n  +49 30 1234 \n"
    pair = retrieval_pb2.QaPair(id="qa_1", question="Phone?", answer=text, url="https://a.example/phone")
    chat.retrieval.found.qa_match.CopyFrom(retrieval_pb2.QaMatch(pair=pair, similarity=1))
    whole = as_json(await chat.ask())
    assert whole["message"] == text
    assert whole["sources"] == [{"url": "https://a.example/phone", "title": "Phone?"}]
    assert "".join(event.content for event in await chat.events()) == text
    pair.url = ""
    chat.retrieval.found.qa_match.pair.CopyFrom(pair)
    assert as_json(await chat.ask())["sources"] == []
    assert answerer.questions == []


async def test_the_answerer_knows_passages_history_and_instructions(chat: Chat, answerer: ScriptedAnswerer) -> None:
    await chat.ask("First?", session_id="s")
    await chat.ask("Second?", session_id="s")
    question = answerer.questions[1]
    assert question.text == "Second?"
    assert [passage.text for passage in question.passages] == ["Bikes are returned within 14 days."]
    assert [(turn.question, turn.answer) for turn in question.history] == [("First?", "Within 14 days.")]
    assert list(chat.retrieval.requests[1].previous_user_turns) == ["First?"]
    assert chat.retrieval.requests[1].include_sentences


@for_each(
    ("fields", "reason"),
    [
        ({"message": "\u200b\u00a0"}, Reason.MESSAGE_LENGTH),
        ({"message": "🚲" * 2001}, Reason.MESSAGE_LENGTH),
        ({"session_id": "a\nb"}, Reason.INVALID_SESSION_ID),
        ({"headers": [("idempotency-key", "with space")]}, Reason.INVALID_IDEMPOTENCY_KEY),
        ({"headers": [("idempotency-key", "a"), ("idempotency-key", "b")]}, Reason.INVALID_IDEMPOTENCY_KEY),
    ],
)
async def test_a_request_that_breaks_a_rule_is_refused_and_costs_nothing(
    chat: Chat, fields: dict[str, Any], reason: Reason
) -> None:
    for asking in (chat.ask(**fields), chat.events(**fields)):
        assert await refused(asking) == reason
    assert (chat.quota.states, chat.retrieval.requests) == ({}, [])


@pytest.mark.parametrize("message", ["🚲" * 2000, "nul \0 inside"])
async def test_any_other_message_is_answered(chat: Chat, message: str) -> None:
    reply = await chat.ask(message, session_id="s", headers=[("idempotency-key", "!" * 255)])
    assert reply.message == "Within 14 days."


@for_each(
    "principal", [OPERATOR, Principal(Role.ROLE_SERVICE), Principal(Role.ROLE_EDGE), Principal(Role.ROLE_API_KEY)]
)
async def test_only_an_api_key_of_a_chatbot_may_ask(chat: Chat, principal: Principal) -> None:
    assert await refused(chat.ask(principal=principal)) == Reason.ROLE_NOT_ALLOWED


async def test_the_ledger_row_and_the_turn_carry_the_request_id(chat: Chat) -> None:
    await chat.ask(session_id="s", headers=[("x-request-id", "req-7")])
    assert chat.quota.request_ids == ["req-7"]
    assert [turn.request_id for turn in await chat.turns("s")] == ["req-7"]


async def test_quota_sees_the_tenant_of_the_caller(chat: Chat) -> None:
    await chat.ask(principal=KEY)
    assert set(chat.quota.owners.values()) == {KEY.account_id}


async def test_no_internal_id_is_in_a_reply(chat: Chat) -> None:
    text = json.dumps(MessageToDict(await chat.ask(), preserving_proto_field_name=True))
    assert not any(prefix in text for prefix in ("psg_", "src_", "rsv_", "ses_"))


async def test_unary_and_stream_requests_take_the_same_fields() -> None:
    unary = [(field.name, field.number) for field in chat_pb2.ChatRequest.DESCRIPTOR.fields]
    assert unary == [(field.name, field.number) for field in chat_pb2.StreamChatRequest.DESCRIPTOR.fields]
