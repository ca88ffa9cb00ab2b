"""Clients that begin a request, wait for a moment of it, and leave."""

import asyncio
import contextlib
from typing import Any

import grpc

from .chat_harness import Chat


async def leave(call: Any) -> None:
    """Cancels a call, unary or streamed, and sees it end."""
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
        await (call if isinstance(call, asyncio.Task) else call.read())


def begin(chat: Chat, *, stream: bool) -> Any:
    return chat.stream(session_id="s") if stream else asyncio.create_task(chat.ask(session_id="s"))


async def read_in_background(call: Any, into: list[Any]) -> None:
    with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
        into.extend([event async for event in call])


def reached(chat: Chat, method: str, calls: int) -> bool:
    return chat.quota.faults.calls[method] >= calls
