"""What the edge makes of the fields of POST /v1/chat before Chat sees them."""

import json
from itertools import product

from tests.each import for_each
from tests.edge.edge_stack import Edge


@for_each(
    ("fields", "kind", "values"),
    [
        (("message", "session_id"), "a string", [5, 0.5, True, {}, []]),
        (("include_sources", "stream"), "true or false", [5, 1, 0, "true", "false", "yes", "", {}, []]),
    ],
)
def test_a_field_of_another_type_is_not_coerced(
    edge: Edge, fields: tuple[str, ...], kind: str, values: list[object]
) -> None:
    for field, value in product(fields, values):
        assert edge.ask({"message": "hi", field: value}).error(400) == f"Field '{field}' must be {kind}."


@for_each("field", ["session_id", "include_sources", "stream"])
def test_null_stands_for_the_default(edge: Edge, field: str) -> None:
    assert edge.ask({"message": "hi", field: None}).status == 200
    assert edge.stubs.last("chat")["method"] == "Chat"
    assert edge.stubs.last("chat").get(field) is None


@for_each("body", [b"{}", b'{"message": null}', b'{"Message": "hi"}', b'{"stream": false}'])
def test_a_missing_message_is_left_to_chat(edge: Edge, body: bytes) -> None:
    assert edge.ask(body).status == 200
    assert edge.stubs.last("chat")["message"] == ""


@for_each("text", ["Grüße, 世界 🎉", 'quote " backslash \\ slash /', "tab\tnewline\nnull\0", "\u2028", "x" * 60000])
@for_each("ascii_only", [True, False])
def test_a_message_arrives_as_it_was_sent(edge: Edge, text: str, ascii_only: bool) -> None:
    body = json.dumps({"message": text, "session_id": "a/ü"}, ensure_ascii=ascii_only).encode()
    assert len(body) <= 65536
    assert edge.ask(body).status == 200
    seen = edge.stubs.last("chat")
    assert (seen["message"], seen["session_id"]) == (text, "a/ü")


@for_each("value", [True, False])
def test_include_sources_is_handed_on(edge: Edge, value: bool) -> None:
    edge.ask({"message": "hi", "include_sources": value})
    assert edge.stubs.last("chat")["include_sources"] is value


@for_each(
    ("body", "method"),
    [
        (b'{"message":"hi","stream":true}', "StreamChat"),
        (b'{"stream" : true , "message":"hi"}', "StreamChat"),
        (b'{"message":"hi","str\\u0065am":true}', "StreamChat"),
        (b'{"message":"hi","stream":false,"stream":true}', "StreamChat"),
        (b'{"message":"hi","stream":true,"stream":false}', "Chat"),
        (b'{"message":"hi","stream":true,"stream":null}', "Chat"),
        (b'{"message":"hi","stream":false}', "Chat"),
        (b'{"message":"hi","x":{"stream":true}}', "Chat"),
        (b'{"message":"hi","x":[{"stream":true}]}', "Chat"),
        (b'{"message":"\\"stream\\":true"}', "Chat"),
        (b'{"message":"hi","Stream":true}', "Chat"),
        (b'{"message":"hi","stream ":true}', "Chat"),
    ],
)
def test_only_the_field_stream_chooses_a_stream(edge: Edge, body: bytes, method: str) -> None:
    reply = edge.ask(body)
    assert reply.status == 200
    assert edge.stubs.last("chat")["method"] == method
    assert reply.one("content-type") == (
        "text/event-stream; charset=utf-8" if method == "StreamChat" else "application/json"
    )


def test_a_query_string_has_no_part_in_the_request(edge: Edge) -> None:
    assert edge.ask({"message": "hi"}, path="/v1/chat?session_id=evil&stream=true&include_sources=false").status == 200
    seen = edge.stubs.last("chat")
    assert (seen["method"], seen["session_id"], seen["include_sources"]) == ("Chat", None, None)
