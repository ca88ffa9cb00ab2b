"""Replies that go on, as Server-Sent Events, and calls that end when the browser leaves."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar, cast

import grpc
from aiohttp import web
from google.protobuf.message import Message

from services.errors import Text, refusal
from services.tasks import Tasks
from services.web.callers import refusal_of

logger = logging.getLogger("chatmount.web")

EVENT_STREAM_TYPE = "text/event-stream"
LOOK_SECONDS = 0.25
"""How soon a call is ended whose browser has left."""

Asked = TypeVar("Asked", bound=Message)
Event = TypeVar("Event", bound=Message)

_LINE_END = re.compile(r"\r\n|\r|\n")


class EventStream:
    """The events of one reply. ConnectionError when the browser has left."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    async def send(self, html: str, event: str = "") -> None:
        """A piece of the page; `event`: a name that the page listens to."""
        name = f"event: {event}\n" if event else ""
        data = "".join(f"data: {line}\n" for line in _LINE_END.split(html))
        await self._response.write(f"{name}{data}\n".encode())

    async def ping(self) -> None:
        """Nothing, so that nobody on the way takes the connection for dead."""
        await self._response.write(b":\n\n")


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[tuple[EventStream, web.StreamResponse]]:
    """A stream that has begun, and the response to return.

    An error within ends it, for its status is out. Of a browser that has left nobody need be told.
    """
    response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM_TYPE})
    await response.prepare(request)
    try:
        yield EventStream(response), response
    except ConnectionError:
        response.force_close()
    except Exception:
        logger.exception("%s %s failed while it was streaming", request.method, request.path)
        response.force_close()


async def events_of(
    request: web.Request, call: "grpc.aio.UnaryStreamCall[Asked, Event]", asked: Asked, patience: float | None = None
) -> AsyncGenerator[Event, None]:
    """What a streaming call says. It ends when the browser leaves, or the loop is left.

    ConnectionError when the browser has left; ChatmountError when the call fails, or is silent for longer than
    `patience`.
    """
    has_left = False

    async def look() -> None:
        nonlocal has_left
        if request.transport is None:
            has_left = True
            call.cancel()

    async with Tasks() as tasks:
        tasks.every(LOOK_SECONDS, look, "waiting for a browser to leave")
        try:
            while True:
                async with asyncio.timeout(patience):
                    event = await call.read()
                if event is grpc.aio.EOF:
                    return
                yield cast(Event, event)
        except asyncio.CancelledError:
            if has_left:
                raise ConnectionResetError from None
            raise
        except TimeoutError as error:
            raise refusal(Text.TOO_SLOW) from error
        except grpc.aio.AioRpcError as error:
            raise refusal_of(error, asked) from error
        finally:
            call.cancel()
