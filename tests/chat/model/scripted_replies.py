"""What a scripted model replies, to the byte, and the ways in which it may break."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Drop:
    """The connection is reset."""


class HalfClose:
    """Nothing more is written, and the other side knows; the connection stays until it closes."""


class Malformed:
    """What should be a chunk is none; the connection stays until the other side closes it."""


class Silence:
    """Nothing happens any more, until the other side leaves."""


Step = bytes | float | asyncio.Event | Drop | HalfClose | Malformed | Silence
"""Bytes of the body in one write, seconds of waiting, an event that is waited for, or an end."""


@dataclass(frozen=True)
class Reply:
    """A reply. The body is chunked, and properly ended unless a step ends it otherwise.

    `every`: it is cut into writes of so many bytes; `drop_at`: the connection is reset after so many bytes of it.
    """

    steps: tuple[Step, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/event-stream"),)
    every: int | None = None
    drop_at: int | None = None


@dataclass
class Recorded:
    """A request as it came, and what became of it.

    `closed_at`: the monotonic time when its connection was gone.
    """

    body: dict[str, Any]
    headers: dict[str, str]
    path: str
    began_at: float = field(default_factory=time.monotonic)
    first_token_at: float | None = None
    closed_at: float | None = None
    finished: bool = False
    written: int = 0

    @property
    def prompt(self) -> str:
        """All that the model was told."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])


Script = Callable[[Recorded], Reply]


def event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> bytes:
    """One chunk of a streamed completion."""
    content = delta if text is None else {"content": text, **delta}
    choice = {"index": 0, "delta": content, "finish_reason": finish}
    return event(json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}))


DONE = event("[DONE]")
STOP = chunk(finish="stop")


def answer(*tokens: str, finish: str = "stop", pause: float = 0.0, delay: float = 0.0) -> Reply:
    """A whole answer, token by token."""
    steps: list[Step] = [delay, chunk("", role="assistant")]
    for token in tokens:
        steps += [chunk(token), pause]
    return Reply((*steps, chunk(finish=finish), DONE))


def completion(text: str, finish: str = "stop") -> Reply:
    """An answer in one piece, as servers give it that do not stream."""
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    return Reply((json.dumps(body).encode(),), headers=(("Content-Type", "application/json"),))


def refusal(status: int, message: str = "no", code: str | None = None, **more: Any) -> Reply:
    """An error status.

    `more` with a capital are headers, underscores for hyphens; all others fields of the error.
    """
    fields = {name: value for name, value in more.items() if name.islower()}
    body = json.dumps({"error": {"message": message, "type": "error", "code": code, **fields}}).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in more.items() if not name.islower())
    return Reply((body,), status, (("Content-Type", "application/json"), *named))
