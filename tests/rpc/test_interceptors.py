"""The interceptor before every servicer, on a real server, for unary and streaming methods."""

import asyncio
from typing import Any

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.retrieval.v1 import retrieval_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from services.errors import Reason, Text, from_rpc_error
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.conftest import SECRET
from tests.each import for_each
from tests.rpc.intercepted import CALLER, SECRET_CAUSE, Sources, ask, chat_stub, refused, served
from tests.serving import serving
from tests.waiting import PATIENCE

both_kinds = pytest.mark.parametrize("method", ["Chat", "StreamChat"])


@both_kinds
async def test_a_servicer_knows_who_is_calling(signer: TokenSigner, method: str) -> None:
    async with chat_stub(signer, CALLER) as stub:
        assert await ask(stub, method, "hello") == "bot_1"


DAY = 24 * 3600.0
FOR_OTHERS = TokenSigner([SECRET]).sign(CALLER, DAY, ("auth", "quota", "retrieval"))
FOREIGN = TokenSigner(["x" * 40]).sign(CALLER, DAY)


@both_kinds
@for_each(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer not-a-token", "Basic Zm9v", f"Bearer {FOR_OTHERS}", f"Bearer {FOREIGN}"],
)
async def test_a_call_without_a_valid_token_is_refused(signer: TokenSigner, method: str, header: str | None) -> None:
    metadata = () if header is None else (("authorization", header),)
    error = await refused(signer, None, method, metadata=metadata)
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED


@both_kinds
@for_each(
    "principal",
    [
        Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1"),
        Principal(Role.ROLE_SERVICE),
        Principal(Role.ROLE_EDGE),
        Principal(Role.ROLE_API_KEY),
        Principal(Role.ROLE_API_KEY, account_id="acct_1"),
    ],
)
async def test_a_role_or_scope_that_may_not_call_is_refused(
    signer: TokenSigner, method: str, principal: Principal
) -> None:
    assert (await refused(signer, principal, method)).code() == grpc.StatusCode.PERMISSION_DENIED


@both_kinds
async def test_a_refusal_keeps_its_reason_text_and_headers(signer: TokenSigner, method: str) -> None:
    sent = await refused(signer, CALLER, method, "refuse")
    error = from_rpc_error(sent)
    assert error is not None
    assert (error.reason, error.text, error.retry_after) == (Reason.MONTH_LIMIT, "No credits left.", 7)
    metadata = dict(sent.trailing_metadata() or ())
    assert metadata["retry-after"] == "7"
    assert metadata["x-ratelimit-reason"] == "month"


@both_kinds
async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    signer: TokenSigner, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = await refused(signer, CALLER, method, "break", metadata=(("x-request-id", "r-42"),))
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, Text.INTERNAL.template)
    assert SECRET_CAUSE not in str(error)
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
            call = kind(f"/chatmount.chat.v1.ChatService/{method}")(data, metadata=metadata, timeout=PATIENCE)
            seen.append((await call.code(), await call.details()))
    assert seen[0] == (grpc.StatusCode.INVALID_ARGUMENT, "The request is no message of this method.")
    assert seen[1][0] == grpc.StatusCode.UNAUTHENTICATED
    assert "DecodeError" not in caplog.text


@for_each("before", [(), (b"",)])
async def test_what_is_no_message_in_a_stream_is_the_callers_mistake(
    signer: TokenSigner, before: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    operator = Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1")
    token = (("authorization", f"Bearer {signer.sign_for_a_call(operator, 'retrieval')}"),)
    sources = (Sources(), retrieval_pb2_grpc.add_SourceServiceServicer_to_server)
    async with serving(signer, sources) as address, grpc.aio.insecure_channel(address) as channel:
        kind: Any = channel.stream_unary("/chatmount.retrieval.v1.SourceService/AddSource")
        call = kind(iter((*before, b"\xff")), metadata=token, timeout=PATIENCE)
        assert await call.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert await call.details() == Text.UNREADABLE_REQUEST.template
    assert "DecodeError" not in caplog.text


async def test_health_and_reflection_need_no_token(signer: TokenSigner) -> None:
    async with serving(signer) as address, grpc.aio.insecure_channel(address) as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        call = ServerReflectionStub(channel).ServerReflectionInfo(iter([ServerReflectionRequest(list_services="")]))
        names = [service.name async for reply in call for service in reply.list_services_response.service]
    assert "grpc.health.v1.Health" in names


async def test_a_call_costs_no_more_where_more_methods_are_served(
    signer: TokenSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """grpc.aio waits for the next call of every method that is registered by its name, each time a call comes."""
    waited_for: list[int] = []

    def counting(futures: Any, **options: Any) -> Any:
        waited_for.append(len(futures))
        return wait(futures, **options)

    wait = asyncio.wait
    monkeypatch.setattr(asyncio, "wait", counting)
    async with chat_stub(signer, CALLER) as stub:
        await ask(stub, "Chat", "hello")
    assert set(waited_for) == {1}
