import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.chunk import Chunk, Finish, Usage, read_chunk
from services.chat.answerers.model.failures import Kind, ProviderFailure, loggable


def choice(finish: object = None, **delta: object) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


@pytest.mark.parametrize(
    ("data", "chunk"),
    [
        (choice(content="Our"), Chunk("Our", True)),
        (choice(role="assistant", content=""), Chunk()),
        (choice(content=None, reasoning_content="Hm"), Chunk("", True)),
        (choice(content=[{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]), Chunk("ab", True)),
        (choice(refusal="I can't."), Chunk("I can't.", True)),
        (choice("null", content="Our"), Chunk("Our", True)),
        (choice("stop"), Chunk("", True, Finish.WHOLE)),
        (choice("length", content="x"), Chunk("x", True, Finish.LENGTH)),
        (choice("content_filter"), Chunk("", True, Finish.FILTERED)),
        (choice(tool_calls=[{"index": 0, "function": {"name": "rm", "arguments": "{}"}}]), Chunk()),
        ('{"choices":[],"usage":{"total_tokens":9}}', Chunk()),
        ('{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}', Chunk(usage=Usage(9, 0))),
        ('{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":true}}', Chunk()),
        ('{"choices":[],"usage":{"prompt_tokens":99999999999,"completion_tokens":"7"}}', Chunk()),
        ('{"choices":[],"usage":[9]}', Chunk()),
        ('{"choices":[{"index":1,"delta":{"content":"another"}}]}', Chunk()),
        ('{"choices":[{"message":{"content":"all"},"finish_reason":"stop"}]}', Chunk("all", True, Finish.WHOLE)),
        ('{"choices":[{"delta":null}]}', Chunk()),
    ],
)
def test_a_chunk_is_its_text_whether_the_model_is_at_work_and_how_it_ended(data: str, chunk: Chunk) -> None:
    assert read_chunk(data) == chunk


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("{", Kind.GARBAGE),
        ("[" * 100_000, Kind.GARBAGE),
        ("7", Kind.GARBAGE),
        ("{}", Kind.GARBAGE),
        ('{"choices":{}}', Kind.GARBAGE),
        ('{"choices":[{"delta":"x"}]}', Kind.GARBAGE),
        ('{"error":{"message":"The server had an error"}}', Kind.DOWN),
        ('{"error":"overloaded"}', Kind.DOWN),
        ('{"error":{"code":429,"message":"slow down"}}', Kind.BUSY),
        ('{"error":{"type":"overloaded_error"}}', Kind.BUSY),
        (choice("tool_calls"), Kind.BROKEN),
        (choice("error"), Kind.BROKEN),
    ],
)
def test_what_is_no_chunk_fails_with_its_kind(data: str, kind: Kind) -> None:
    with pytest.raises(ProviderFailure) as failure:
        read_chunk(data)
    assert failure.value.kind is kind


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


@settings(deadline=None)
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
