"""What a process counts of its calls, and the page on which it shows it."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.config.settings import SettingsError
from services.observe.metrics import REGISTRY, calls_of
from services.observe.metrics_endpoint import serving_metrics
from services.rpc.server import Registration
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.rpc.intercepted import CALLER, ask, chat_stub, refused
from tests.rpc.test_interceptors import both_kinds
from tests.serving import serving
from tests.waiting import PATIENCE

SERVICE = "chatmount.chat.v1.ChatService"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def soon(name: str, expected: float, **labels: str) -> None:
    """A caller may have its reply a moment before the server has counted it."""
    async with asyncio.timeout(PATIENCE):
        while value(name, **labels) != expected:  # noqa: ASYNC110 - a metric can't be waited for
            await asyncio.sleep(0.01)


async def status_of(asked: Coroutine[Any, Any, object]) -> str:
    try:
        await asked
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


@asynccontextmanager
async def channel_to(signer: TokenSigner, *registrations: Registration) -> AsyncIterator[Any]:
    async with (
        serving(signer, *registrations) as address,
        open_channel(address, signer, lambda: CALLER) as channel,
    ):
        yield channel


@both_kinds
@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [("hello", "OK", ""), ("refuse", "RESOURCE_EXHAUSTED", "month_limit"), ("break", "INTERNAL", "internal")],
)
async def test_a_call_is_counted_by_method_and_status(
    signer: TokenSigner, method: str, message: str, code: str, reason: str
) -> None:
    name = f"{SERVICE}/{method}"
    counted = value("chatmount_calls_total", method=name, code=code)
    timed = value("chatmount_call_duration_seconds_count", method=name)
    refused = value("chatmount_refusals_total", method=name, reason=reason)
    async with chat_stub(signer, CALLER) as stub:
        assert await status_of(ask(stub, method, message)) == code
    await soon("chatmount_calls_total", counted + 1, method=name, code=code)
    assert value("chatmount_refusals_total", method=name, reason=reason) == refused + bool(reason)
    assert value("chatmount_call_duration_seconds_count", method=name) == timed + 1
    assert value("chatmount_calls_in_progress", method=name) == 0


@both_kinds
async def test_a_call_without_a_token_is_counted_too(signer: TokenSigner, method: str) -> None:
    labels = {"method": f"{SERVICE}/{method}", "code": "UNAUTHENTICATED"}
    counted = value("chatmount_calls_total", **labels)
    await refused(signer, None, method)
    await soon("chatmount_calls_total", counted + 1, **labels)


class Hanging(chat_pb2_grpc.ChatServiceServicer):
    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        await asyncio.Event().wait()
        return chat_pb2.ChatResponse()

    async def StreamChat(self, request: chat_pb2.StreamChatRequest, context: Any) -> Any:
        yield chat_pb2.StreamChatResponse(type="token", content="a")
        await asyncio.Event().wait()


@both_kinds
async def test_a_call_is_in_progress_until_its_client_leaves(signer: TokenSigner, method: str) -> None:
    name = f"{SERVICE}/{method}"
    counted = value("chatmount_calls_total", method=name, code="CANCELLED")
    registration = (Hanging(), chat_pb2_grpc.add_ChatServiceServicer_to_server)
    async with channel_to(signer, registration) as channel:
        stub: Any = chat_pb2_grpc.ChatServiceStub(channel)
        # The call itself and not a task that waits for it: cancelled between two waits, a task leaves its call behind.
        if method == "Chat":
            call = stub.Chat(chat_pb2.ChatRequest(message="hello"))
        else:
            call = stub.StreamChat(chat_pb2.StreamChatRequest(message="hello"))
        await soon("chatmount_calls_in_progress", 1, method=name)
        call.cancel()
        await soon("chatmount_calls_in_progress", 0, method=name)
    assert value("chatmount_calls_total", method=name, code="CANCELLED") == counted + 1


async def test_what_is_no_method_is_not_counted(signer: TokenSigner) -> None:
    async with channel_to(signer) as channel:
        assert await status_of(channel.unary_unary("/made.up.Service/Thing")(b"")) == "UNIMPLEMENTED"
    assert "made.up" not in generate_latest(REGISTRY).decode()


def read(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
        assert reply.headers["content-type"].startswith("text/plain")
        return str(reply.read().decode())


def test_prometheus_can_read_the_page() -> None:
    calls = calls_of("/chatmount.test.v1.Page/Read")
    calls.end(calls.begin(), "OK")
    with serving_metrics("127.0.0.1:0") as address:
        page = read(address)
    families = {family.name: family for family in text_string_to_metric_families(page)}
    assert {family.name for family in families.values()} >= {"chatmount_calls", "process_resident_memory_bytes"}
    assert 'chatmount_calls_total{code="OK",method="chatmount.test.v1.Page/Read"} 1.0' in page
    assert "_created" not in page


def test_without_an_address_nothing_is_served() -> None:
    with serving_metrics("") as address:
        assert address == ""


def test_an_address_that_is_taken_is_named() -> None:
    with (
        serving_metrics("127.0.0.1:0") as address,
        pytest.raises(SettingsError, match=f"CHATMOUNT_METRICS_LISTEN={address}"),
        serving_metrics(address),
    ):
        raise AssertionError("two listeners on one port")
