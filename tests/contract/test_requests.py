"""What a request may be, and what is said of one that may not."""

import json
from typing import Any

import pytest

from .client import QUESTION, Client

LENGTH = "Message must be between 1 and 2000 characters"


@pytest.mark.parametrize(
    "message",
    [
        "x",
        "y" * 2000,
        "é" * 2000,
        "漢" * 2000,
        "🚲" * 2000,
        " x ",
        "line\nbreak",
        'quote " and \\',
        "\u202eright to left",
        "nul-free \t tab",
    ],
    ids=lambda message: f"{message[:6]!r}x{len(message)}",
)
def test_a_message_of_1_to_2000_code_points_is_answered(client: Client, message: str) -> None:
    assert client.ask(message).status == 200


@pytest.mark.parametrize(
    "message",
    ["", " ", "\t\n  ", "\u00a0\u2003", "\u3164\u2800\ufe0f", "x" * 2001, "🚲" * 2001, "x" * 20_000],
    ids=lambda message: f"{message[:4]!r}x{len(message)}",
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_blank_or_long_message_is_refused(client: Client, message: str, stream: bool) -> None:
    reply = client.ask(message, stream=stream)
    assert (reply.status, reply.error) == (400, LENGTH)


@pytest.mark.parametrize("body", [{}, {"message": None}, {"stream": True}, {"Message": "x"}], ids=json.dumps)
def test_a_missing_message_is_an_empty_one(client: Client, body: dict[str, Any]) -> None:
    reply = client.send(json=body)
    assert (reply.status, reply.error) == (400, LENGTH)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"message": "x"',
        b'{"message": "x"} trailing',
        b"{'message': 'x'}",
        b'{"message": "x",}',
        b'{"message": x}',
        b"[]",
        b'["message"]',
        b'"message"',
        b"5",
        b"null",
        b"true",
        b'{"message": "\xff\xfe"}',
        b"\x00\x01\x02",
        b"message=x",
        b'{"message": "x"}{"message": "y"}',
    ],
    ids=repr,
)
def test_a_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    reply = client.send(content=body, headers={"content-type": "application/json"})
    assert reply.status == 400
    assert reply.error


@pytest.mark.parametrize(
    "fields",
    [
        {"message": 5},
        {"message": True},
        {"message": ["x"]},
        {"message": {"text": "x"}},
        {"stream": "true"},
        {"stream": "yes"},
        {"stream": 1},
        {"stream": 0},
        {"stream": []},
        {"stream": {}},
        {"session_id": 7},
        {"session_id": ["a"]},
        {"session_id": {}},
        {"session_id": True},
        {"include_sources": "no"},
        {"include_sources": "false"},
        {"include_sources": 1},
        {"include_sources": {}},
    ],
    ids=json.dumps,
)
def test_a_field_of_the_wrong_type_is_refused(client: Client, fields: dict[str, Any]) -> None:
    reply = client.send(json={"message": QUESTION, **fields})
    assert reply.status == 400
    assert reply.error


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": None},
        {"session_id": None},
        {"include_sources": None},
        {"unknown": 1},
        {"user": {"deep": [{"er": None}]}},
        {"temperature": 0.2, "model": "x"},
        {"sessionId": 5},
        {"includeSources": "yes"},
    ],
    ids=json.dumps,
)
def test_null_is_absent_and_unknown_fields_are_ignored(client: Client, fields: dict[str, Any]) -> None:
    reply = client.ask(**fields)
    assert reply.status == 200
    assert reply.json["sources"]


@pytest.mark.parametrize(
    "session_id", ["a", "x" * 256, "🚲" * 256, "with space", "../../etc/passwd", "'; DROP TABLE turns; --", '"\\', "{}"]
)
def test_a_session_id_of_any_visible_content_is_taken(client: Client, session_id: str) -> None:
    assert client.ask(session_id=session_id).status == 200


@pytest.mark.parametrize("session_id", ["x" * 257, "🚲" * 257, "a\nb", "\x00", "tab\t", "\x7f", "\x85"], ids=repr)
@pytest.mark.parametrize("stream", [False, True])
def test_a_long_session_id_or_one_with_control_characters_is_refused(
    client: Client, session_id: str, stream: bool
) -> None:
    reply = client.ask(session_id=session_id, stream=stream)
    assert reply.status == 400
    assert "session_id" in reply.error


@pytest.mark.parametrize("key", ["x" * 256, "with\tcontrol"], ids=lambda key: key[:12])
def test_a_bad_idempotency_key_is_refused(client: Client, key: str) -> None:
    reply = client.ask(headers={"idempotency-key": key})
    assert reply.status == 400
    assert "Idempotency-Key" in reply.error


def test_a_field_that_is_unknown_is_ignored_however_deep_it_is(client: Client) -> None:
    body = b'{"message": "x", "deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert client.send(content=body, headers={"content-type": "application/json"}).status == 200
    assert client.send(content=body.replace(b"]}", b"}"), headers={"content-type": "application/json"}).status == 400


def test_a_body_of_up_to_64_kib_is_read(client: Client) -> None:
    padding = "x" * (64 * 1024 - len(json.dumps({"message": QUESTION, "padding": ""})))
    body = json.dumps({"message": QUESTION, "padding": padding}).encode()
    assert len(body) == 64 * 1024
    assert client.send(content=body, headers={"content-type": "application/json"}).status == 200


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1024 * 1024, 5 * 1024 * 1024])
@pytest.mark.parametrize("key", [None, "", "cm_live_wrong"], ids=["key", "no key", "wrong key"])
def test_a_larger_body_is_refused_at_once(client: Client, size: int, key: str | None) -> None:
    reply = client.send(content=b"x" * size, headers={"content-type": "application/json"}, key=key)
    assert reply.status == 413
    assert reply.error


def test_a_larger_body_in_chunks_is_refused_too(client: Client) -> None:
    chunks = (b"x" * 8192 for _ in range(40))
    reply = client.send(content=chunks, headers={"content-type": "application/json"})
    assert (reply.status, bool(reply.error)) == (413, True)
