"""Which bodies of POST /v1/chat are JSON, and what is said of the others."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.each import for_each
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


@for_each(
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


@for_each("value", ["\\ud800", "a\\udfffb", "\\udc00\\ud800", "\\ud83d\\ud83d\\ude00", "\\ud83d\\n"])
@for_each("field", ["message", "session_id"])
def test_half_a_character_is_named_as_what_it_is(edge: Edge, field: str, value: str) -> None:
    reply = edge.ask(f'{{"message":"hi","{field}":"{value}"}}'.encode())
    assert reply.error(400) == (
        f"Field '{field}' has an unpaired surrogate escape (\\ud800 to \\udfff), which is half a character: "
        "write both halves one after the other, or the character itself."
    )


@for_each(
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


@for_each("body", [b"", b" \r\n", b"[]", b'["message"]', b'"message"', b"5", b"true", b"null", None])
def test_a_body_that_is_no_object_is_refused(edge: Edge, body: bytes | None) -> None:
    assert edge.ask(body).error(400) == NOT_AN_OBJECT


@for_each(
    "body",
    [
        b' \t\r\n{ "message" : "hi" }\n',
        b'\xef\xbb\xbf{"message":"hi"}',
        b'{"mess\\u0061ge":"hi"}',
        b'{"message":"h\\u0069"}',
        b'{"message":"first","message":"hi"}',
        b'{"session_id":"a","session_id":"b","message":"hi"}',
        b'{"message":"hi","unknown":{"a":[1,-2.5e+3,null,{"b":"\\ud83d\\ude00"}]},"sessionId":5,"includeSources":[]}',
        DEEP,
        DEEP_OBJECTS,
    ],
)
def test_valid_json_is_accepted_however_it_is_written(edge: Edge, body: bytes) -> None:
    assert edge.ask(body).json()["message"] == "You said: hi"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(unknown=json_values, message=st.text(max_size=50), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_any_json_object_is_understood(
    edge: Edge, unknown: Any, message: str, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps({"x": unknown, "message": message, "y": [unknown]}, ensure_ascii=ascii_only, indent=indent)
    reply = edge.ask(body.encode(errors="surrogatepass"))
    if reply.status == 200:
        assert edge.stubs.last("chat")["message"] == message


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
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
