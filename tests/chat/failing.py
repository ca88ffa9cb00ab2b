"""Requests that fail, of both kinds."""

import grpc
import pytest

from .chat_harness import Chat

UNAVAILABLE, INTERNAL = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL


async def failure(chat: Chat, *, stream: bool) -> grpc.aio.AioRpcError:
    """The status of a request that fails before anything was sent."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await (chat.events() if stream else chat.ask())
    return caught.value


both = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
