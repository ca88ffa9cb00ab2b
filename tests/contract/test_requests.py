"""What a request may be, and what is said of one that may not."""

import json
from typing import Any

from tests.each import for_each

from .client import QUESTION, Client

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


@for_each("fields", [{"message": 5}, {"stream": "true"}])
def test_a_field_of_the_wrong_type_is_refused(client: Client, fields: dict[str, Any]) -> None:
    reply = client.send(json={"message": QUESTION, **fields})
    assert (reply.status, bool(reply.error)) == (400, True)


def test_null_is_absent_and_unknown_fields_are_ignored(client: Client) -> None:
    reply = client.ask(stream=None, session_id=None, include_sources=None, sessionId=5, user={"deep": [{"er": None}]})
    assert reply.status == 200
    assert reply.json["sources"]


@for_each("session_id", ["🚲" * 256, "'; DROP TABLE turns; --", '"\\'])
def test_a_session_id_of_any_visible_content_is_taken(client: Client, session_id: str) -> None:
    assert client.ask(session_id=session_id).status == 200


@for_each("session_id", ["🚲" * 257, "\x00", "\x85"])
@for_each("stream", [False, True])
def test_a_long_session_id_or_one_with_control_characters_is_refused(
    client: Client, session_id: str, stream: bool
) -> None:
    reply = client.ask(session_id=session_id, stream=stream)
    assert reply.status == 400
    assert "session_id" in reply.error


@for_each("key", ["x" * 256, "with\tcontrol"])
def test_a_bad_idempotency_key_is_refused(client: Client, key: str) -> None:
    reply = client.ask(headers={"idempotency-key": key})
    assert reply.status == 400
    assert "Idempotency-Key" in reply.error


def test_a_body_over_64_kib_is_refused_and_one_of_64_kib_is_read(client: Client) -> None:
    padding = "x" * (64 * 1024 - len(json.dumps({"message": QUESTION, "padding": ""})))
    body = json.dumps({"message": QUESTION, "padding": padding}).encode()
    assert len(body) == 64 * 1024
    assert [client.send(content=content).status for content in (body, body + b" ")] == [200, 413]
