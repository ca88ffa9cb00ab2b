"""Messages as JSON."""

import json

from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from services.cli.output.shapes import EXCEPTIONS, shape
from tests.each import for_each


@for_each("message", EXCEPTIONS)
def test_an_exception_names_fields_that_there_are(message: type[Message]) -> None:
    exceptions = EXCEPTIONS[message]
    grouped = (name for names in exceptions.grouped.values() for name in names)
    named = (exceptions.null, exceptions.first, exceptions.hidden, exceptions.spread)
    names = {*exceptions.names, *exceptions.read, *grouped, *(name for names in named for name in names)}
    assert names - set(message.DESCRIPTOR.fields_by_name) == set()


def test_words_times_lists_and_what_is_unset() -> None:
    key = auth_pb2.ApiKey(
        id="key_1", allowlist=["::/0"], created_at=1_700_000_000, status=auth_pb2.API_KEY_STATUS_ACTIVE
    )
    assert json.dumps(shape(key)) == (
        '{"id": "key_1", "chatbot_id": "", "name": "", "last4": "", "allowlist": ["::/0"], '
        '"created_at": "2023-11-14T22:13:20Z", "last_used_at": null, "expires_at": null, "status": "active"}'
    )


def test_an_audit_event_has_its_milliseconds_and_its_details_in_order() -> None:
    details = Struct()
    details.update({"plan": "plus", "name": "Example"})
    event = auth_pb2.AuditEvent(id="a", created_at_ms=1_700_000_000_123, action="account.create", details=details)
    assert json.dumps(shape(event)) == (
        '{"id": "a", "created_at": "2023-11-14T22:13:20.123Z", "actor": null, "action": "account.create", '
        '"account_id": null, "chatbot_id": null, "api_key_id": null, "request_id": null, '
        '"details": {"name": "Example", "plan": "plus"}, "actor_email": null, "user_id": null}'
    )


def test_a_trace_has_its_turn_beside_it_and_groups_what_belongs_together() -> None:
    passage = chat_pb2.TracedPassage(passage_id="p", fused=0.5, lexical=2, told=True)
    trace = chat_pb2.Trace(maker=chat_pb2.ANSWER_MAKER_PAIR, qa_pair_id="qa_1", qa_similarity=0.9, passages=[passage])
    value = shape(chat_pb2.GetTraceResponse(chatbot_id="bot_1", turn=chat_pb2.Turn(question="Who?"), trace=trace))
    assert list(value)[:4] == ["chatbot_id", "session_id", "question", "answer"]
    assert (value["trace"]["made_by"], value["trace"]["qa_pair"]) == ("pair", {"id": "qa_1", "similarity": 0.9})
    (shown,) = value["trace"]["passages"]
    assert shown["scores"] == {"fused": 0.5, "lexical": 2.0, "vector": None, "sentence": None}
    nothing = shape(chat_pb2.Trace())
    assert (nothing["made_by"], nothing["qa_pair"], nothing["tries"]) == (None, None, 0)


def test_unlimited_credits_are_null() -> None:
    value = shape(quota_pb2.GetUsageResponse(month="2026-11", chatbots=[quota_pb2.ChatbotUsage(chatbot_id="bot_1")]))
    assert (value["credits_remaining"], value["credits_per_month"], list(value)[-1]) == (None, None, "chatbots")
    assert value["chatbots"] == [{"chatbot_id": "bot_1", "credits_used": 0, "requests_today": 0, "requests_per_day": 0}]


def test_a_question_without_answer_is_decided_on_by_nobody_while_it_is_open() -> None:
    value = shape(chat_pb2.UnansweredQuestion(id="unq_1", times=3, state=chat_pb2.REVIEW_STATE_NOT_OURS))
    assert (value["state"], value["decided_by"], value["last_asked_at"]) == (
        "not ours",
        None,
        "1970-01-01T00:00:00.000Z",
    )
