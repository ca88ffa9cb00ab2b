"""Calls from one service to another: the same over the wire and within a process."""

import asyncio
import gc

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc

from services.config.settings import load_settings
from services.errors import Reason
from services.observe.spans import begin_call, current_span, sending_traces
from services.request_id import request_id
from services.rpc.channels import act_as_service
from services.rpc.failures import NoReply
from services.rpc.links import stub_on
from services.trust.principal import Principal, current_principal
from services.trust.principal_tokens import TokenSigner
from tests.collector import collecting, tree
from tests.each import for_each
from tests.metered import since_now
from tests.rpc.ways import CALLER, OF_THE_CALLER, OTHER, SECRET_CAUSE, Open, beside, both_kinds, leave
from tests.waiting import PATIENCE, until


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
@for_each(
    "principal",
    [
        Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1"),
        Principal(Role.ROLE_EDGE),
        act_as_service(),
        Principal(Role.ROLE_API_KEY, "acct_1"),
    ],
)
async def test_who_may_not_call_is_refused(way: Open, method: str, principal: Principal) -> None:
    async with way(principal) as chat:
        error = await chat.refused(method, "hello")
        assert (error.reason, chat.chat.metadata) == (Reason.ROLE_NOT_ALLOWED, [])


@both_kinds
@for_each("token", ["", "Bearer ", "Bearer x", "other services"])
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
        # A machine that is busy may miss a deadline before the callee has heard of the call.
        for seconds in (0.2, 2, 20):
            error = await chat.refused(method, "hang", timeout=seconds)
            assert isinstance(error, NoReply)
            assert error.reason is Reason.TOO_SLOW
            if chat.chat.begun:
                break
        await until(lambda: chat.chat.cancelled == chat.chat.begun > 0)
        assert chat.chat.finished == 0


@both_kinds
async def test_cancelling_the_caller_reaches_the_callee(way: Open, method: str) -> None:
    async with way() as chat:
        await leave(chat, method)
        assert await chat.ask("Chat", "hello")


async def test_a_call_that_fails_after_its_caller_has_left_is_no_fault(
    way: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async with way() as chat:
        await leave(chat, "Chat", timeout=PATIENCE)
        assert await chat.ask("Chat", "hello")
    gc.collect()
    assert "never retrieved" not in caplog.text


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


@both_kinds
async def test_calls_are_counted_by_method_and_status(way: Open, method: str) -> None:
    labels = {"method": f"chatmount.chat.v1.ChatService/{method}"}
    codes = ("OK", "RESOURCE_EXHAUSTED", "CANCELLED", "INTERNAL")
    counted = [since_now("chatmount_calls_total", **labels, code=code) for code in codes]
    async with way() as chat:
        await chat.ask(method, "hello")
        await chat.refused(method, "refuse")
        await chat.refused(method, "break")
        await leave(chat, method)
        await until(lambda: [count() for count in counted] == [1, 1, 1, 1])


async def test_a_service_that_has_closed_cuts_its_calls_off_and_takes_no_more(signer: TokenSigner) -> None:
    async with beside(signer) as (chat, memory, link):
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


@both_kinds
async def test_a_call_is_in_the_trace_of_its_caller(way: Open, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        settings = load_settings(collector.environment)
        async with way() as chat:
            with sending_traces(settings.traces, ["chat", "quota"]), begin_call("quota", "outside", {}):
                await chat.ask(method, "few")
                assert dict(chat.chat.metadata)["traceparent"] == dict(current_span().metadata)["traceparent"]
                trace_id = current_span().trace_id
            spans = collector.trace(trace_id, ["outside", f"chatmount.chat.v1.ChatService/{method}"])
    assert tree(spans) == ["outside", f"  chatmount.chat.v1.ChatService/{method}"]
