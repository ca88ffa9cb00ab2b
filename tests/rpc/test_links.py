"""Calls from one service to another: the same over the wire and within a process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc

from services.config.settings import load_settings
from services.errors import ChatmountError, Reason
from services.observe.metrics import REGISTRY
from services.request_id import request_id
from services.rpc.channels import act_as_service
from services.rpc.failures import NoReply
from services.rpc.links import Neighbours, stub_on
from services.rpc.memory import AHEAD, ServiceInMemory
from services.trust.principal import Principal, current_principal, set_current_principal
from services.trust.principal_tokens import TokenSigner
from tests.serving import serving

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


@pytest.fixture(params=["wire", "memory"])
def way(request: pytest.FixtureRequest, signer: TokenSigner) -> Open:
    """Opens a way to a Chat: a context manager, with the principal that its calls are for."""

    @asynccontextmanager
    async def open_way(principal: Principal | None = None) -> AsyncIterator[Way]:
        set_current_principal(CALLER)
        chat = Chat()
        registration = (chat, chat_pb2_grpc.add_ChatServiceServicer_to_server)
        source = {} if principal is None else {"principal": lambda: principal}
        if request.param == "memory":
            memory = ServiceInMemory([registration], signer)
            neighbours = Neighbours(load_settings({}), signer, None)
            neighbours.are_joined_by("chat", memory)
            async with neighbours.link("chat", **source) as link:
                yield Way(stub_on(link, chat_pb2_grpc.ChatServiceStub), chat, memory.close)
            await memory.close()
            return
        async with serving(signer, registration) as address:
            neighbours = Neighbours(load_settings({"CHATMOUNT_CHAT_ADDRESS": address}), signer, None)
            async with neighbours.link("chat", **source) as link:
                yield Way(stub_on(link, chat_pb2_grpc.ChatServiceStub), chat, lambda: None)

    return open_way


both_kinds = pytest.mark.parametrize("method", ["Chat", "StreamChat"])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the other side sets no events
            await asyncio.sleep(0.005)


@both_kinds
async def test_a_call_is_for_the_callers_tenant(way: Open, method: str) -> None:
    async with way() as chat:
        assert (await chat.ask(method, "hello")).startswith("bot_1")
    async with way(OTHER) as chat:
        assert (await chat.ask(method, "hello")).startswith("bot_2")


@both_kinds
async def test_the_callees_principal_and_request_do_not_become_the_callers(way: Open, method: str) -> None:
    token = request_id.set("r-1")
    async with way(OTHER) as chat:
        await chat.ask(method, "change")
        assert (current_principal(), request_id.get()) == (CALLER, "r-1")
        assert await chat.ask("Chat", "hello") == "bot_2 r-1"
    request_id.reset(token)


@both_kinds
async def test_the_callee_sees_no_variable_of_the_caller(way: Open, method: str) -> None:
    async with way() as chat:
        OF_THE_CALLER.set("a secret")
        await chat.ask(method, "hello")
        assert (chat.chat.variable, chat.chat.metadata != []) == ("", True)


@both_kinds
@pytest.mark.parametrize(
    "principal",
    [
        Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1"),
        Principal(Role.ROLE_EDGE),
        act_as_service(),
        Principal(Role.ROLE_API_KEY, "acct_1"),
    ],
    ids=str,
)
async def test_who_may_not_call_is_refused(way: Open, method: str, principal: Principal) -> None:
    async with way(principal) as chat:
        error = await chat.refused(method, "hello")
        assert (error.reason, chat.chat.metadata) == (Reason.ROLE_NOT_ALLOWED, [])


@both_kinds
@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer x", "other services"])
async def test_a_token_of_the_callers_own_counts_and_is_checked(
    way: Open, method: str, token: str, signer: TokenSigner
) -> None:
    header = f"Bearer {signer.sign_for_a_call(CALLER, 'auth')}" if token == "other services" else token
    async with way() as chat:
        error = await chat.refused(method, "hello", metadata=(("authorization", header),))
        assert error.status is grpc.StatusCode.UNAUTHENTICATED
        mine = (("authorization", f"Bearer {signer.sign_for_a_call(OTHER, 'chat')}"),)
        assert (await chat.ask(method, "hello", metadata=mine)).startswith("bot_2")


@both_kinds
async def test_a_refusal_arrives_with_reason_text_and_hint(way: Open, method: str) -> None:
    async with way() as chat:
        error = await chat.refused(method, "refuse")
    seen = (error.reason, error.status, error.text, error.retry_after, error.headers())
    assert seen == (
        Reason.MONTH_LIMIT,
        Reason.MONTH_LIMIT.status,
        "No credits left.",
        7,
        (("retry-after", "7"), ("x-ratelimit-reason", "month")),
    )


@both_kinds
async def test_a_fault_of_the_callee_is_logged_there_and_says_nothing_of_the_inside(
    way: Open, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with way() as chat:
        error = await chat.refused(method, "break")
    assert error.reason is Reason.INTERNAL
    assert SECRET_CAUSE not in f"{error!r} {error.__cause__!r}"
    assert SECRET_CAUSE in caplog.text


@both_kinds
async def test_a_call_that_takes_too_long_ends_on_both_sides(way: Open, method: str) -> None:
    async with way() as chat:
        error = await chat.refused(method, "hang", timeout=0.2)
        assert isinstance(error, NoReply)
        assert error.reason is Reason.TOO_SLOW
        await until(lambda: chat.chat.cancelled == 1)
        assert chat.chat.finished == 0


@both_kinds
async def test_cancelling_the_caller_reaches_the_callee(way: Open, method: str) -> None:
    async with way() as chat:
        calling = asyncio.ensure_future(chat.ask(method, "hang"))
        await until(lambda: chat.chat.begun == 1)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        await until(lambda: chat.chat.cancelled == 1)
        assert await chat.ask("Chat", "hello")


@both_kinds
async def test_what_is_sent_along_arrives(way: Open, method: str) -> None:
    async with way() as chat:
        await chat.ask(method, "hello", metadata=(("idempotency-key", "k"), ("idempotency-key", "l")))
        sent = [(name, value) for name, value in chat.chat.metadata if name == "idempotency-key"]
        assert sent == [("idempotency-key", "k"), ("idempotency-key", "l")]


async def test_a_message_is_the_receivers_own(way: Open) -> None:
    async with way() as chat:
        request = chat_pb2.ChatRequest(message="keep")
        reply = await chat.stub.Chat(request)
        reply.message = request.message = "changed"
        assert (chat.chat.kept.message, chat.chat.request.message) == ("kept", "keep")


async def test_a_stream_arrives_whole_and_in_order(way: Open) -> None:
    async with way() as chat, aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
        assert [event.type async for event in events] == [str(number) for number in range(MANY)]
        await until(lambda: chat.chat.done == 1)


async def test_a_stream_that_is_read_too_slowly_does_not_end_as_if_it_were_whole(way: Open) -> None:
    async with way() as chat:
        request = chat_pb2.StreamChatRequest(message="few")
        async with aclosing(chat.stub.StreamChat(request, timeout=0.5)) as events:
            await anext(events)
            await until(lambda: chat.chat.done == 1)
            await asyncio.sleep(0.6)
            with pytest.raises(NoReply) as caught:
                [event async for event in events]
    assert caught.value.reason is Reason.TOO_SLOW


async def test_a_stream_that_is_left_early_ends_at_the_callee(way: Open) -> None:
    async with way() as chat:
        async with aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
            await anext(events)
            await until(lambda: chat.chat.sent > AHEAD)
        await until(lambda: (chat.chat.cancelled, chat.chat.done) == (1, 1))


async def test_an_error_in_the_middle_of_a_stream_comes_after_what_was_sent(way: Open) -> None:
    async with way() as chat, aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="break off"))) as events:
        assert (await anext(events)).content == "begun"
        with pytest.raises(ChatmountError) as caught:
            await anext(events)
    assert (caught.value.reason, caught.value.retry_after) == (Reason.MONTH_LIMIT, 7)


@both_kinds
async def test_calls_are_counted_by_method_and_status(way: Open, method: str) -> None:
    def count(code: str) -> float:
        labels = {"method": f"chatmount.chat.v1.ChatService/{method}", "code": code}
        return REGISTRY.get_sample_value("chatmount_calls_total", labels) or 0.0

    codes = ("OK", "RESOURCE_EXHAUSTED", "CANCELLED", "INTERNAL")
    before = [count(code) for code in codes]
    async with way() as chat:
        await chat.ask(method, "hello")
        await chat.refused(method, "refuse")
        await chat.refused(method, "break")
        await chat.refused(method, "hang", timeout=0.1)
        await until(lambda: [count(code) - old for code, old in zip(codes, before, strict=True)] == [1, 1, 1, 1])


async def test_a_reader_that_is_slow_holds_up_the_callee_in_memory(signer: TokenSigner) -> None:
    chat = Chat()
    set_current_principal(CALLER)
    neighbours = Neighbours(load_settings({}), signer, None)
    memory = ServiceInMemory([(chat, chat_pb2_grpc.add_ChatServiceServicer_to_server)], signer)
    neighbours.are_joined_by("chat", memory)
    async with neighbours.link("chat") as link:
        stub = stub_on(link, chat_pb2_grpc.ChatServiceStub)
        async with aclosing(stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
            await anext(events)
            await asyncio.sleep(0.05)
            assert chat.sent <= AHEAD + 2
        await until(lambda: chat.cancelled == 1)


async def test_a_service_that_has_closed_cuts_its_calls_off_and_takes_no_more(signer: TokenSigner) -> None:
    chat = Chat()
    set_current_principal(CALLER)
    neighbours = Neighbours(load_settings({}), signer, None)
    memory = ServiceInMemory([(chat, chat_pb2_grpc.add_ChatServiceServicer_to_server)], signer)
    neighbours.are_joined_by("chat", memory)
    async with neighbours.link("chat") as link:
        stub = stub_on(link, chat_pb2_grpc.ChatServiceStub)
        calling = asyncio.ensure_future(stub.Chat(chat_pb2.ChatRequest(message="hang")))
        await until(lambda: chat.begun == 1)
        await memory.close()
        for call in (calling, stub.Chat(chat_pb2.ChatRequest(message="hello"))):
            with pytest.raises(NoReply) as caught:
                await call
            assert caught.value.reason is Reason.UNAVAILABLE
        assert (chat.cancelled, chat.request.message) == (1, "hang")
        with pytest.raises(LookupError):
            stub_on(link, quota_pb2_grpc.QuotaServiceStub)
