"""Servicers behind the interceptor, and calls to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.errors import ChatmountError, Reason
from services.trust.principal import Principal, current_principal
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.serving import serving

CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")
SECRET_CAUSE = "a stack trace with /home/path and a password"


class Chat(chat_pb2_grpc.ChatServiceServicer):
    """Does what the message says, in both kinds of method."""

    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        self._act(request.message)
        return chat_pb2.ChatResponse(message=current_principal().chatbot_id)

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: Any
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        self._act(request.message)
        yield chat_pb2.StreamChatResponse(type="token", content=current_principal().chatbot_id)

    def _act(self, message: str) -> None:
        if message == "refuse":
            raise ChatmountError(Reason.MONTH_LIMIT, "No credits left.", retry_after=7)
        if message == "break":
            raise RuntimeError(SECRET_CAUSE)


class Sources(retrieval_pb2_grpc.SourceServiceServicer):
    """Reads a stream to its end."""

    async def AddSource(self, request_iterator: Any, context: Any) -> retrieval_pb2.AddSourceResponse:
        async for _ in request_iterator:
            pass
        return retrieval_pb2.AddSourceResponse()


@asynccontextmanager
async def served(signer: TokenSigner) -> AsyncIterator[str]:
    async with serving(signer, (Chat(), chat_pb2_grpc.add_ChatServiceServicer_to_server)) as address:
        yield address


@asynccontextmanager
async def chat_stub(signer: TokenSigner, principal: Principal | None) -> AsyncIterator[Any]:
    async with served(signer) as address:
        channel = open_channel(address, signer, lambda: principal) if principal else grpc.aio.insecure_channel(address)
        async with channel:
            yield chat_pb2_grpc.ChatServiceStub(channel)


async def ask(stub: Any, method: str, message: str, **options: Any) -> str:
    if method == "Chat":
        return str((await stub.Chat(chat_pb2.ChatRequest(message=message), **options)).message)
    call = stub.StreamChat(chat_pb2.StreamChatRequest(message=message), **options)
    return "".join([event.content async for event in call])


async def refused(
    signer: TokenSigner, principal: Principal | None, method: str, message: str = "hello", **options: Any
) -> grpc.aio.AioRpcError:
    """The error of a call that must fail."""
    async with chat_stub(signer, principal) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, message, **options)
    return caught.value
