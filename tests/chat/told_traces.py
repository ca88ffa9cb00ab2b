"""Traces as operators ask for them."""

import asyncio
import json
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson

from services.trust.principal import Principal

from .callers import OPERATOR
from .chat_harness import Chat

R1 = (("x-request-id", "r1"),)


async def trace(chat: Chat, request_id: str = "r1", principal: Principal = OPERATOR) -> dict[str, Any]:
    """The whole reply."""
    reply = await chat.of_sessions("GetTrace", principal, request_id=request_id)
    return dict(json.loads(MessageToJson(reply, preserving_proto_field_name=True)))


async def until_known(chat: Chat, request_id: str = "r1") -> dict[str, Any]:
    """What is written down after the reply."""
    for _ in range(1000):
        try:
            return await trace(chat, request_id)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.01)
    return await trace(chat, request_id)
