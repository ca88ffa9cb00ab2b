"""The two ways from one service to another, to a Chat that does what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.config.settings import load_settings
from services.errors import ChatmountError, Reason
from services.request_id import request_id
from services.rpc.links import Link, Neighbours
from services.rpc.memory import AHEAD, ServiceInMemory
from services.trust.principal import Principal, current_principal, set_current_principal
from services.trust.principal_tokens import TokenSigner
from tests.waiting import until

CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")
OTHER = Principal(Role.ROLE_API_KEY, "acct_2", "bot_2", "key_2", "plus", "api")
SECRET_CAUSE = "a password in a traceback"
OF_THE_CALLER: ContextVar[str] = ContextVar("of_the_caller", default="")
MANY, FEW = AHEAD * 100, 3


class Chat(chat_pb2_grpc.ChatServiceServicer):
    """Does what the message says, in both kinds of method, and keeps what it was given."""

    def __init__(self) -> None:
        self.begun = self.finished = self.cancelled = self.done = self.sent = 0
        self.metadata: list[tuple[str, str]] = []
        self.variable = ""
        self.request: Any = None
        self.kept = chat_pb2.ChatResponse(message="kept")

    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        self.metadata, self.variable = list(context.invocation_metadata()), OF_THE_CALLER.get()
        self.request = request
        await self._act(request.message)
        if request.message == "keep":
            return self.kept
        return chat_pb2.ChatResponse(message=f"{current_principal().chatbot_id} {request_id.get()}")

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: Any
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        self.metadata, self.variable = list(context.invocation_metadata()), OF_THE_CALLER.get()
        context.add_done_callback(lambda _: setattr(self, "done", self.done + 1))
        if request.message == "break off":
            yield chat_pb2.StreamChatResponse(content="begun")
            await self._act("refuse")
        await self._act(request.message)
        try:
            for number in range({"many": MANY, "few": FEW}.get(request.message, 1)):
                self.sent += 1
                yield chat_pb2.StreamChatResponse(content=current_principal().chatbot_id, type=str(number))
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise

    async def _act(self, message: str) -> None:
        if message == "refuse":
            raise ChatmountError(Reason.MONTH_LIMIT, "No credits left.", retry_after=7)
        if message == "break":
            raise RuntimeError(SECRET_CAUSE)
        if message == "change":
            set_current_principal(OTHER)
            request_id.set("changed")
        if message == "hang":
            self.begun += 1
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            self.finished += 1


@asynccontextmanager
async def beside(signer: TokenSigner) -> AsyncIterator[tuple[Chat, ServiceInMemory, Link]]:
    """A Chat in this process, and the way of its caller to it."""
    chat = Chat()
    set_current_principal(CALLER)
    neighbours = Neighbours(load_settings({}), signer, None)
    memory = ServiceInMemory([(chat, chat_pb2_grpc.add_ChatServiceServicer_to_server)], signer)
    neighbours.are_joined_by("chat", memory)
    async with neighbours.link("chat") as link:
        yield chat, memory, link


class Way:
    """A stub of Chat, whichever way its calls go."""

    def __init__(self, stub: Any, chat: Chat, stop: Callable[[], Any]) -> None:
        self.stub = stub
        self.chat = chat
        self.stop = stop

    async def ask(self, method: str, message: str, **options: Any) -> str:
        if method == "Chat":
            return str((await self.stub.Chat(chat_pb2.ChatRequest(message=message), **options)).message)
        async with aclosing(self.stub.StreamChat(chat_pb2.StreamChatRequest(message=message), **options)) as events:
            return "".join([event.content async for event in events])

    async def refused(self, method: str, message: str, **options: Any) -> ChatmountError:
        with pytest.raises(ChatmountError) as caught:
            await self.ask(method, message, **options)
        return caught.value


Open = Callable[..., Any]


both_kinds = pytest.mark.parametrize("method", ["Chat", "StreamChat"])


async def leave(chat: Way, method: str, **options: Any) -> None:
    """Call, leave in the middle, and return when the callee has seen it."""
    calling = asyncio.ensure_future(chat.ask(method, "hang", **options))
    await until(lambda: chat.chat.begun == 1)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await until(lambda: chat.chat.cancelled == 1)
