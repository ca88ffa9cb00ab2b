"""What the edge makes of the body of POST /v1/chat before Chat sees it."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.edge.edge_stack import Edge

NOT_JSON = "Request body is not valid JSON."
NOT_AN_OBJECT = 'Request body must be a JSON object such as {"message": "How do I start?"}.'
DEEP = b'{"message":"hi","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
DEEP_OBJECTS = b'{"message":"hi","x":' + b'{"a":[' * 5_000 + b"1" + b"]}" * 5_000 + b"}"


def is_accepted(edge: Edge, body: bytes) -> bool:
    reply = edge.ask(body)
    if reply.status != 200:
        reply.error(400)
    return reply.status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"message": "hi"',
        b"{'message': 'hi'}",
        b'{message: "hi"}',
        b'{"message": "hi",}',
        b'{"message": "hi"} trailing',
        b'{"message": "hi"}{"message": "hi"}',
        b'{"message": "hi" "stream": true}',
        b'{"message": True}',
        b'{"message": "hi", "x": NaN}',
        b'{"message": "hi", "x": 01}',
        b'{"message": "hi", "x": 1.}',
        b'{"message": "hi", "x": +1}',
        b'{"message": "hi", "x": [1, ]}',
        b'{"message": "a\nb"}',
        b'{"message": "\\x41"}',
        b'{"message": "\\u12"}',
        b'{"message": "\xff"}',
        b'{"message": "\xc0\xaf"}',
        b'{"message": "\xed\xa0\x80"}',
        b'{"message": "\xf5\x80\x80\x80"}',
        b'{"message": "caf\xc3"}',
        b'{"message": "hi", "x": [1}}',
        b'{"message": "hi", "x": {"a": 1]}',
        b'{"message": "hi", "x": [{"a" 1}]}',
        b'{"message": "hi", "x": [[]]]}',
        b'{"message": "hi", "x": ' + b"[" * 60000,
        b"message=hi",
        b"nonsense",
        b'{"message": hi}',
        b"\x00",
        b"\x1f\x8b\x08\x00gzip",
    ],
)
def test_a_body_that_is_no_json_is_refused(edge: Edge, body: bytes) -> None:
    reply = edge.ask(body)
    assert reply.error(400) == NOT_JSON
    assert reply.window() == (60, 58), "a malformed request has passed Quota"


@pytest.mark.parametrize("value", ["\\ud800", "a\\udfffb", "\\udc00\\ud800", "\\ud83d\\ud83d\\ude00", "\\ud83d\\n"])
@pytest.mark.parametrize("field", ["message", "session_id"])
def test_half_a_character_is_named_as_what_it_is(edge: Edge, field: str, value: str) -> None:
    reply = edge.ask(f'{{"message":"hi","{field}":"{value}"}}'.encode())
    assert reply.error(400) == (
        f"Field '{field}' has an unpaired surrogate escape (\\ud800 to \\udfff), which is half a character: "
        "write both halves one after the other, or the character itself."
    )


@pytest.mark.parametrize(
    "rest",
    [
        '"x":"\\ud800"',
        '"\\ud800":1',
        '"x":["\\udfff",{"\\ud800":"\\ud800"}]',
        '"session_id":"\\ud800","session_id":"s"',
    ],
)
def test_half_a_character_that_is_ignored_is_ignored(edge: Edge, rest: str) -> None:
    assert edge.ask(f'{{{rest},"message":"hi"}}'.encode()).json()["message"] == "You said: hi"


@pytest.mark.parametrize("body", [b"", b" \r\n", b"[]", b'["message"]', b'"message"', b"5", b"true", b"null", None])
def test_a_body_that_is_no_object_is_refused(edge: Edge, body: bytes | None) -> None:
    assert edge.ask(body).error(400) == NOT_AN_OBJECT


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("field", ["session_id", "include_sources", "stream"])
def test_null_stands_for_the_default(edge: Edge, field: str) -> None:
    assert edge.ask({"message": "hi", field: None}).status == 200
    assert edge.stubs.last("chat")["method"] == "Chat"
    assert edge.stubs.last("chat").get(field) is None


@pytest.mark.parametrize("body", [b"{}", b'{"message": null}', b'{"Message": "hi"}', b'{"stream": false}'])
def test_a_missing_message_is_left_to_chat(edge: Edge, body: bytes) -> None:
    assert edge.ask(body).status == 200
    assert edge.stubs.last("chat")["message"] == ""


@pytest.mark.parametrize(
    "body",
    [
        b' \t\r\n{ "message" : "hi" }\n',
        b'\xef\xbb\xbf{"message":"hi"}',
        b'{"mess\\u0061ge":"hi"}',
        b'{"message":"h\\u0069"}',
        b'{"message":"first","message":"hi"}',
        b'{"session_id":"a","session_id":"b","message":"hi"}',
        b'{"message":"hi","unknown":{"a":[1,-2.5e+3,null,{"b":"\\ud83d\\ude00"}]},"sessionId":5,"includeSources":[]}',
        pytest.param(DEEP, id="deep"),
        pytest.param(DEEP_OBJECTS, id="deep objects"),
    ],
)
def test_valid_json_is_accepted_however_it_is_written(edge: Edge, body: bytes) -> None:
    assert edge.ask(body).json()["message"] == "You said: hi"


@pytest.mark.parametrize(
    "text", ["Grüße, 世界 🎉", 'quote " backslash \\ slash /', "tab\tnewline\nnull\0", "\u2028", "x" * 60000]
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_message_arrives_as_it_was_sent(edge: Edge, text: str, ascii_only: bool) -> None:
    body = json.dumps({"message": text, "session_id": "a/ü"}, ensure_ascii=ascii_only).encode()
    assert len(body) <= 65536
    assert edge.ask(body).status == 200
    seen = edge.stubs.last("chat")
    assert (seen["message"], seen["session_id"]) == (text, "a/ü")


@pytest.mark.parametrize("value", [True, False])
def test_include_sources_is_handed_on(edge: Edge, value: bool) -> None:
    edge.ask({"message": "hi", "include_sources": value})
    assert edge.stubs.last("chat")["include_sources"] is value


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            None,
            "application/json",
            "APPLICATION/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=x",
        ),
        *("application/vnd.api+json", "", "text/plain", "application/x-www-form-urlencoded", "json"),
    ],
)
def test_json_is_read_whatever_content_type_it_is_sent_with(edge: Edge, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    assert edge.ask({"message": "hi"}, headers=headers).status == 200


def test_a_query_string_has_no_part_in_the_request(edge: Edge) -> None:
    assert edge.ask({"message": "hi"}, path="/v1/chat?session_id=evil&stream=true&include_sources=false").status == 200
    seen = edge.stubs.last("chat")
    assert (seen["method"], seen["session_id"], seen["include_sources"]) == ("Chat", None, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(unknown=json_values, message=st.text(max_size=50), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_any_json_object_is_understood(
    edge: Edge, unknown: Any, message: str, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps({"x": unknown, "message": message, "y": [unknown]}, ensure_ascii=ascii_only, indent=indent)
    reply = edge.ask(body.encode(errors="surrogatepass"))
    if reply.status == 200:
        assert edge.stubs.last("chat")["message"] == message


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, 200),
    what=st.sampled_from(['"', "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", " ", "\n", "t"]),
)
def test_a_slip_of_the_pen_is_seen_as_other_parsers_see_it(edge: Edge, at: int, what: str) -> None:
    whole = '{"message":"h\\u0069","x":[1,-0.5e1,null,{"b":true}],"session_id":"s","include_sources":false}'
    at %= len(whole)
    text = whole[:at] + what + whole[at + 1 :]
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    types = {"message": str, "session_id": str, "include_sources": bool}
    expected = isinstance(value, dict) and all(
        isinstance(value.get(name, kind()), kind) for name, kind in types.items()
    )
    assert is_accepted(edge, text.encode()) is expected, text
