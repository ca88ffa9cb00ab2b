"""The interceptor that every call goes through, in front of a real server, for unary and streaming methods alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from services.errors import ChatmountError, Reason, Text, from_rpc_error
from services.rpc.access import SERVICES, rule_of, service_of
from services.rpc.channels import act_as_service, forward_caller, open_channel
from services.rpc.server import start_server
from services.trust.principal import Principal, current_principal, set_current_principal
from services.trust.principal_tokens import TokenSigner

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


@asynccontextmanager
async def served(signer: TokenSigner) -> AsyncIterator[str]:
    registration = (Chat(), chat_pb2_grpc.add_ChatServiceServicer_to_server)
    server, port, _ = await start_server("127.0.0.1:0", [registration], signer)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def chat_stub(signer: TokenSigner, principal: Principal | None) -> AsyncIterator[Any]:
    async with served(signer) as address:
        channel = (
            grpc.aio.insecure_channel(address)
            if principal is None
            else open_channel(address, signer, lambda: principal)
        )
        async with channel:
            yield chat_pb2_grpc.ChatServiceStub(channel)


async def ask(stub: Any, method: str, message: str, **options: Any) -> str:
    if method == "Chat":
        return str((await stub.Chat(chat_pb2.ChatRequest(message=message), **options)).message)
    call = stub.StreamChat(chat_pb2.StreamChatRequest(message=message), **options)
    return "".join([event.content async for event in call])


both_kinds = pytest.mark.parametrize("method", ["Chat", "StreamChat"])


@both_kinds
async def test_a_servicer_knows_who_is_calling(signer: TokenSigner, method: str) -> None:
    async with chat_stub(signer, CALLER) as stub:
        assert await ask(stub, method, "hello") == "bot_1"


@both_kinds
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer not-a-token", "Basic Zm9v"], ids=repr)
async def test_a_call_without_a_valid_token_is_refused(signer: TokenSigner, method: str, header: str | None) -> None:
    metadata = () if header is None else (("authorization", header),)
    async with chat_stub(signer, None) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "hello", metadata=metadata)
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


@both_kinds
async def test_a_token_that_is_for_other_services_is_refused(signer: TokenSigner, method: str) -> None:
    token = signer.sign(CALLER, audience=("auth", "quota", "retrieval"))
    async with chat_stub(signer, None) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "hello", metadata=(("authorization", f"Bearer {token}"),))
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


@both_kinds
async def test_a_token_of_another_installation_is_refused(signer: TokenSigner, method: str) -> None:
    foreign = TokenSigner(["x" * 40]).sign(CALLER)
    async with chat_stub(signer, None) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "hello", metadata=(("authorization", f"Bearer {foreign}"),))
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


@both_kinds
@pytest.mark.parametrize(
    "principal",
    [
        Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1"),
        Principal(Role.ROLE_SERVICE),
        Principal(Role.ROLE_EDGE),
        Principal(Role.ROLE_API_KEY),
        Principal(Role.ROLE_API_KEY, account_id="acct_1"),
    ],
    ids=str,
)
async def test_a_role_or_scope_that_may_not_call_is_refused(
    signer: TokenSigner, method: str, principal: Principal
) -> None:
    async with chat_stub(signer, principal) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "hello")
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


@both_kinds
async def test_a_refusal_keeps_its_reason_text_and_headers(signer: TokenSigner, method: str) -> None:
    async with chat_stub(signer, CALLER) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "refuse")
    error = from_rpc_error(caught.value)
    assert error is not None
    assert (error.reason, error.text, error.retry_after) == (
        Reason.MONTH_LIMIT,
        "No credits left.",
        7,
    )
    metadata = dict(caught.value.trailing_metadata() or ())
    assert metadata["retry-after"] == "7"
    assert metadata["x-ratelimit-reason"] == "month"


@both_kinds
async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    signer: TokenSigner, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with chat_stub(signer, CALLER) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(stub, method, "break", metadata=(("x-request-id", "r-42"),))
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INTERNAL, Text.INTERNAL.template)
    assert SECRET_CAUSE not in str(caught.value)
    assert SECRET_CAUSE in caplog.text


@both_kinds
@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x02\xff\xfe"], ids=["no message", "no UTF-8"])
async def test_what_is_no_message_is_the_callers_mistake_and_only_a_callers_with_a_token(
    signer: TokenSigner, method: str, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    token = (("authorization", f"Bearer {signer.sign_for_a_call(CALLER, 'chat')}"),)
    seen = []
    async with served(signer) as address, grpc.aio.insecure_channel(address) as channel:
        kind: Any = channel.unary_unary if method == "Chat" else channel.unary_stream
        for metadata in (token, ()):
            call = kind(f"/chatmount.chat.v1.ChatService/{method}")(data, metadata=metadata, timeout=10)
            seen.append((await call.code(), await call.details()))
    assert seen[0] == (grpc.StatusCode.INVALID_ARGUMENT, "The request is no message of this method.")
    assert seen[1][0] == grpc.StatusCode.UNAUTHENTICATED
    assert "DecodeError" not in caplog.text


async def test_health_and_reflection_need_no_token(signer: TokenSigner) -> None:
    server, port, _ = await start_server("127.0.0.1:0", [], signer)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        call = ServerReflectionStub(channel).ServerReflectionInfo(iter([ServerReflectionRequest(list_services="")]))
        names = [service.name async for reply in call for service in reply.list_services_response.service]
    assert "grpc.health.v1.Health" in names
    await server.stop(None)


class Quota(quota_pb2_grpc.QuotaServiceServicer):
    """Passes the principal on, to see what a second hop sees."""

    seen: Principal

    async def Reserve(self, request: quota_pb2.ReserveRequest, context: Any) -> quota_pb2.ReserveResponse:
        self.seen = current_principal()
        return quota_pb2.ReserveResponse(reservation_id="rsv_1")


async def test_a_forwarded_call_carries_the_same_tenant_with_a_fresh_token(signer: TokenSigner) -> None:
    quota = Quota()
    registration = (quota, quota_pb2_grpc.add_QuotaServiceServicer_to_server)
    server, port, _ = await start_server("127.0.0.1:0", [registration], signer)
    set_current_principal(CALLER)
    async with open_channel(f"127.0.0.1:{port}", signer, forward_caller) as channel:
        await quota_pb2_grpc.QuotaServiceStub(channel).Reserve(quota_pb2.ReserveRequest(request_id="r"))
    assert quota.seen == CALLER
    async with open_channel(f"127.0.0.1:{port}", signer, act_as_service) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await quota_pb2_grpc.QuotaServiceStub(channel).Reserve(quota_pb2.ReserveRequest(request_id="r"))
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    await server.stop(None)


def every_method() -> list[str]:
    # Importing the modules registers their descriptors.
    import chatmount.auth.v1.auth_pb2 as auth
    import chatmount.retrieval.v1.retrieval_pb2 as retrieval

    files = [module.DESCRIPTOR for module in (auth, chat_pb2, quota_pb2, retrieval)]
    return [
        f"/{service.full_name}/{method.name}"
        for file in files
        for service in descriptor_pool.Default().FindFileByName(file.name).services_by_name.values()
        for method in service.methods
    ]


@pytest.mark.parametrize("method", every_method())
def test_every_method_says_who_may_call_it(method: str) -> None:
    assert service_of(method) in SERVICES
    rule = rule_of(method)
    assert rule is not None
    assert rule.roles


def test_a_method_without_a_rule_is_nobodys() -> None:
    assert rule_of("/chatmount.chat.v1.ChatService/Nothing") is None
    assert rule_of("/some.Other/Thing") is None
    for other in ("/some.Other/Thing", "/chatmount.errors.v1.Nothing/Thing", "/chatmount", ""):
        assert service_of(other) == ""
