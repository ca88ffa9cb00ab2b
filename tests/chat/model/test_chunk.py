import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.chunk import Chunk, Finish, TokenUsage, read_chunk, read_completion
from services.chat.answerers.model.failures import FailureKind, ProviderFailure, loggable
from tests.each import for_each


def choice(finish: object = None, **delta: object) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


@for_each(
    ("data", "chunk"),
    [
        (choice(content="Our"), Chunk("Our", index=0)),
        (choice(role="assistant", content=""), Chunk(index=0)),
        (choice(content=None, reasoning_content="Hm"), Chunk("", True, index=0)),
        (choice(content="", reasoning_details=[{"type": "reasoning.text", "text": "Hm"}]), Chunk("", True, index=0)),
        (choice(content=[{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]), Chunk("ab", index=0)),
        (
            choice(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]),
            Chunk("", True, index=0),
        ),
        (choice(content=[{"type": "reasoning", "text": "Hm"}, {"type": "text", "text": "a"}]), Chunk("a", index=0)),
        (choice(content=[{"text": "Hm", "thought": True}, {"text": "a", "thought": False}]), Chunk("a", index=0)),
        (choice(content=[{"type": "refusal", "refusal": "I can't."}]), Chunk("I can't.", index=0)),
        (choice(refusal="I can't."), Chunk("I can't.", index=0)),
        (choice("null", content="Our"), Chunk("Our", index=0)),
        (choice("stop"), Chunk("", False, Finish.WHOLE, index=0)),
        (choice("length", content="x"), Chunk("x", False, Finish.LENGTH, index=0)),
        (choice("content_filter"), Chunk("", False, Finish.FILTERED, index=0)),
        (choice(tool_calls=[{"index": 0, "function": {"name": "rm", "arguments": "{}"}}]), Chunk(index=0)),
        ('{"choices":[],"usage":{"total_tokens":9}}', Chunk()),
        ('{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}', Chunk(usage=TokenUsage(9, 0))),
        ('{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":true}}', Chunk()),
        ('{"choices":[],"usage":{"prompt_tokens":99999999999,"completion_tokens":"7"}}', Chunk()),
        ('{"choices":[],"usage":[9]}', Chunk()),
        ('{"type":"ping"}', Chunk()),
        ("{}", Chunk()),
        ('{"choices":[{"index":1,"delta":{"content":"only"}}]}', Chunk("only", index=1)),
        ('{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}', Chunk("a", index=0)),
        (
            '{"choices":[{"message":{"content":"all"},"finish_reason":"stop"}]}',
            Chunk("all", False, Finish.WHOLE, index=0),
        ),
        ('{"choices":[{"delta":null}]}', Chunk(index=0)),
        ('{"error":{"code":"content_filter","message":"no"}}', Chunk(finish=Finish.FILTERED)),
    ],
)
def test_a_chunk_is_its_text_whether_the_model_thinks_and_how_it_ended(data: str, chunk: Chunk) -> None:
    assert read_chunk(data) == chunk


def test_of_several_choices_one_is_listened_to() -> None:
    data = '{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}'
    assert [read_chunk(data, index).text for index in (0, 1, 2)] == ["a", "b", ""]


@for_each(
    ("data", "kind"),
    [
        ("{", FailureKind.GARBAGE),
        ("[" * 100_000, FailureKind.GARBAGE),
        ("7", FailureKind.GARBAGE),
        ('{"choices":{}}', FailureKind.GARBAGE),
        ('{"choices":[{"delta":"x"}]}', FailureKind.GARBAGE),
        ('{"error":{"message":"The server had an error"}}', FailureKind.DOWN),
        ('{"error":"overloaded"}', FailureKind.DOWN),
        ('{"error":{"code":429,"message":"slow down"}}', FailureKind.BUSY),
        ('{"error":{"type":"overloaded_error"}}', FailureKind.BUSY),
        ('{"error":{"code":401,"message":"bad key"}}', FailureKind.REFUSED),
        ('{"error":{"code":"context_length_exceeded","message":"context length is 2048"}}', FailureKind.TOO_LONG),
        ('{"object":"error","message":"The server had an error","code":500}', FailureKind.DOWN),
        (choice("tool_calls"), FailureKind.BROKEN),
        (choice("error"), FailureKind.BROKEN),
    ],
)
def test_what_is_no_chunk_fails_with_its_kind(data: str, kind: FailureKind) -> None:
    for read in (read_chunk, read_completion):
        with pytest.raises(ProviderFailure) as failure:
            read(data)
        assert failure.value.kind is kind


@for_each("data", ["{}", '{"detail":"Not Found"}', '{"type":"ping"}'])
def test_a_completion_without_choices_is_none(data: str) -> None:
    with pytest.raises(ProviderFailure, match="garbage"):
        read_completion(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["stop", "error", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "content", "finish_reason", "error", "index", "text", "code"]
            ),
            inner,
            max_size=5,
        )
    ),
)


@settings(max_examples=40)
@given(_JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        chunk = read_chunk(json.dumps(value))
    except ProviderFailure:
        return
    assert isinstance(chunk.text, str)


def test_what_is_logged_of_a_providers_words_is_short_and_without_secrets() -> None:
    words = "Bad key sk-proj-abc*****xyz at https://api.example/v1?key=1,\nBearer abc; hunter2\x1b[31m " + "x" * 5000
    logged = loggable(words, "hunter2")
    assert len(logged) <= 300
    assert logged.startswith("Bad key … at … …")
    for secret in ("sk-", "https", "hunter2", "\n", "\x1b"):
        assert secret not in logged
