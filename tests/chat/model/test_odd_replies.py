"""Replies of servers that keep to the protocol in their own way: the answer is the same."""

import gzip
import json

import pytest

from services.chat.answerers.model.providers import RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from tests.each import for_each

from .model_harness import QUICK, answered
from .scripted_provider import ScriptedProvider
from .scripted_replies import DONE, STOP, Reply, Silence, chunk, completion, event, refusal

# Bytes that come one by one are slow where the machine is busy.
PATIENT = Timeouts()
ONCE = RetryPolicy(attempts=1)
Headers = tuple[tuple[str, str], ...]

PLAIN = chunk("", role="assistant") + chunk("Größe") + chunk(" M [1") + chunk("].") + STOP + DONE
SSE: Headers = (("Content-Type", "text/event-stream"),)
JSON: Headers = (("Content-Type", "application/json"),)
TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)
OTHER = chunk("no").replace(b'"index": 0', b'"index": 1')
WHOLE = completion("Größe M [1].").steps[0]
assert isinstance(WHOLE, bytes)


def between(events: bytes) -> bytes:
    """The answer with these events between its own."""
    return events + PLAIN.replace(b"\n\ndata", b"\n\n" + events + b"data")


def other(**fields: object) -> bytes:
    return event(json.dumps(fields))


ODD: dict[str, tuple[bytes, Headers]] = {
    "events without data": (between(b"data:\n\ndata: \n\n"), SSE),
    "choices that are null": (between(other(choices=None, usage=None)), SSE),
    "chunks without choices": (between(other(object="chat.completion.chunk", usage=None)), SSE),
    "counts without choices": (between(other(usage={"prompt_tokens": 3})), SSE),
    "counts after the end": (PLAIN.replace(DONE, other(choices=[], usage={"prompt_tokens": 3}) + DONE), SSE),
    "comments and unknown fields": (between(b": alive\n\nevent: x\nid: 7\nretry: 1\n\n"), SSE),
    "pings": (between(b"event: ping\ndata: {}\n\n" + other(type="ping")), SSE),
    "pings that are no JSON": (between(b"event: ping\ndata: 1764\n\nevent: heartbeat\ndata\n\n"), SSE),
    "named events": (PLAIN.replace(b"data: ", b"event: completion\ndata: "), SSE),
    "objects without choices": (between(other(id="c", model="m") + other(prompt_filter_results=[])), SSE),
    "no blank lines": (PLAIN.replace(b"\n\n", b"\n"), SSE),
    "no blank lines, CRLF and names": (PLAIN.replace(b"\n\n", b"\r\n").replace(b"data", b"event: x\r\ndata"), SSE),
    "an end in every chunk": (PLAIN.replace(b'"finish_reason": null', b'"finish_reason": "stop"'), SSE),
    "an end in every chunk and no last word": (
        PLAIN.replace(b'"finish_reason": null', b'"finish_reason": "stop"').removesuffix(DONE),
        SSE,
    ),
    "an end with all of the text": (chunk("Größe M [1].", finish="stop") + DONE, SSE),
    "an end with all of the text and no last word": (chunk("Größe M [1].", finish="stop"), SSE),
    "the only choice at index 1": (PLAIN.replace(b'"index": 0', b'"index": 1'), SSE),
    "a second choice": (PLAIN + PLAIN.replace(b'"index": 0', b'"index": 1').replace(b"M", b"L"), SSE),
    "second choices in between": (between(OTHER).removeprefix(OTHER), SSE),
    "CRLF": (PLAIN.replace(b"\n", b"\r\n"), SSE),
    "no space after the colon": (PLAIN.replace(b"data: ", b"data:"), SSE),
    "data in several lines": (PLAIN.replace(b', "choices"', b',\ndata: "choices"'), SSE),
    "characters as they are": (PLAIN.replace(rb"\u00f6", "ö".encode()).replace(rb"\u00df", "ß".encode()), SSE),
    "gzip": (gzip.compress(PLAIN), (*SSE, ("Content-Encoding", "gzip"))),
    "a stream called JSON": (b"\n" + PLAIN, JSON),
    "a stream called text": (PLAIN, TEXT),
    "a stream without a name": (PLAIN, ()),
    "one piece": (WHOLE, JSON),
    "one piece at index 1": (WHOLE.replace(b'"index": 0', b'"index": 1'), JSON),
    "one piece called a stream": (WHOLE, SSE),
    "one piece called text": (b"\xef\xbb\xbf" + WHOLE, TEXT),
    "one piece without a name, after a while": (b"\n\n \r\n" + WHOLE, ()),
}


@pytest.mark.parametrize("every", [None, 1], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("name", ODD)
async def test_an_odd_reply_is_the_same_answer(provider: ScriptedProvider, name: str, every: int | None) -> None:
    body, headers = ODD[name]
    provider.script = Reply((body,), headers=headers, every=every)
    result = await answered(provider, timeouts=PATIENT, policy=ONCE)
    assert (result.text, result.numbers, result.error) == ("Größe M.", (1,), None)
    assert len(provider.requests) == 1


@for_each("status", [200, 201, 202, 203, 206])
@for_each("body", [PLAIN, WHOLE])
async def test_any_status_of_success_with_a_good_body_is_good(
    provider: ScriptedProvider, status: int, body: bytes
) -> None:
    result = await answered(provider, Reply((body,), status), timeouts=PATIENT, policy=ONCE)
    assert (result.text, result.numbers, result.error) == ("Größe M.", (1,), None)


async def test_an_end_in_every_chunk_is_no_end_while_more_comes(provider: ScriptedProvider) -> None:
    chunks = [chunk("", finish="stop", role="assistant"), *(chunk(word, finish="stop") for word in ("Size", " M", "."))]
    provider.script = Reply(tuple(step for each in chunks for step in (each, 0.25)))
    result = await answered(provider, timeouts=PATIENT, policy=ONCE)
    assert (result.text, result.error) == ("Size M.", None)


async def test_an_end_that_nothing_follows_is_the_end_though_the_connection_stays(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("Size M.", finish="stop"), Silence()))
    result = await answered(provider, timeouts=QUICK, policy=ONCE)
    assert (result.text, result.error) == ("Size M.", None)


async def test_an_error_that_is_called_a_stream_is_an_error(provider: ScriptedProvider) -> None:
    provider.script = Reply((b'{"error":{"message":"busy","code":429}}',))
    result = await answered(provider, timeouts=PATIENT, policy=ONCE)
    assert (result.text, str(result.error)) == (
        "",
        "Too many answers are being written at the moment. Please try again.",
    )


@for_each("wish", ["9" * 400, "Mon, 23 Nov 2099 10:00:00 GMT"])
async def test_a_provider_that_wants_a_long_rest_is_asked_again_in_a_minute(
    provider: ScriptedProvider, wish: str
) -> None:
    result = await answered(provider, refusal(429, Retry_After=wish), timeouts=PATIENT, policy=ONCE)
    assert getattr(result.error, "retry_after", None) == 60
