"""What a request may be; tests/edge asks the rest of its JSON, and tests/chat of its values."""

from typing import Any

from tests.each import for_each

from .client import Client

# What a request may be is the same on all databases.
MODES = ("embedded",)

LENGTH = "Message must be between 1 and 2000 characters"


@for_each("message", ["x", " x ", "🚲" * 2000])
def test_a_message_of_1_to_2000_code_points_is_answered(client: Client, message: str) -> None:
    assert client.ask(message).status == 200


@for_each("message", ["", "\u3164\u2800\ufe0f", "🚲" * 2001])
@for_each("stream", [False, True])
def test_an_empty_blank_or_long_message_is_refused(client: Client, message: str, stream: bool) -> None:
    reply = client.ask(message, stream=stream)
    assert (reply.status, reply.error) == (400, LENGTH)


@for_each("body", [{}, {"message": None}, {"stream": True}, {"Message": "x"}])
def test_a_missing_message_is_an_empty_one(client: Client, body: dict[str, Any]) -> None:
    reply = client.send(json=body)
    assert (reply.status, reply.error) == (400, LENGTH)


def test_null_is_absent_and_unknown_fields_are_ignored(client: Client) -> None:
    reply = client.ask(stream=None, session_id=None, include_sources=None, sessionId=5, user={"deep": [{"er": None}]})
    assert reply.status == 200
    assert reply.json["sources"]


@for_each("key", ["x" * 256, "with\tcontrol"])
def test_a_bad_idempotency_key_is_refused(client: Client, key: str) -> None:
    reply = client.ask(headers={"idempotency-key": key})
    assert reply.status == 400
    assert "Idempotency-Key" in reply.error
