"""The calls that one answer is made of, each made directly: what they cost alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.auth.v3 import attribute_context_pb2 as attributes
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc

from services.chat.clients.retrieval import PASSAGES
from services.ids import new_id
from services.trust.principal import Channel, Principal, Role
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import Stack

EDGE = Principal(Role.ROLE_EDGE)
PLAN = "roomy"

Call = Callable[[], Awaitable[object]]


@asynccontextmanager
async def calls_of(stack: Stack, tenant: Tenant, asked: str, fresh: Iterator[str]) -> AsyncIterator[dict[str, Call]]:
    """The calls by name. `asked`: a question that comes again and again; `fresh`: others."""
    signer = OperatorClient(stack).signer
    caller = Principal(
        Role.ROLE_API_KEY, tenant.account_id, tenant.chatbot_id, tenant.key_id, PLAN, channel=Channel.API
    )

    def token(principal: Principal, service: str) -> Any:
        return (("authorization", f"Bearer {signer.sign_for_a_call(principal, service)}"),)

    channels = {name: grpc.aio.insecure_channel(stack.endpoints[name]) for name in ("auth", "quota", "retrieval")}
    authorization = external_auth_pb2_grpc.AuthorizationStub(channels["auth"])
    limits = rls_pb2_grpc.RateLimitServiceStub(channels["quota"])
    ledger = quota_pb2_grpc.QuotaServiceStub(channels["quota"])
    retrieval = retrieval_pb2_grpc.RetrievalServiceStub(channels["retrieval"])
    http = attributes.AttributeContext.HttpRequest(headers={"authorization": f"Bearer {tenant.key}"})
    check = external_auth_pb2.CheckRequest(
        attributes=attributes.AttributeContext(request=attributes.AttributeContext.Request(http=http))
    )
    window = {"key_id": tenant.key_id, "plan": PLAN}
    entries = [RateLimitDescriptor.Entry(key=key, value=value) for key, value in window.items()]
    hit = rls_pb2.RateLimitRequest(domain="chatmount", descriptors=[RateLimitDescriptor(entries=entries)])

    async def charge() -> None:
        name, metadata = new_id("rsv"), token(caller, "quota")
        reserve = quota_pb2.ReserveRequest(request_id="bench", ttl_seconds=600, reservation_id=name)
        await ledger.Reserve(reserve, metadata=metadata)
        await ledger.Settle(quota_pb2.SettleRequest(reservation_id=name), metadata=metadata)

    def search(question: str) -> Awaitable[object]:
        request = retrieval_pb2.SearchRequest(query=question, limit=PASSAGES, include_sentences=True)
        found: Awaitable[object] = retrieval.Search(request, metadata=token(caller, "retrieval"))
        return found

    try:
        yield {
            "the key is checked": lambda: authorization.Check(check, metadata=token(EDGE, "auth")),
            "the minute is counted": lambda: limits.ShouldRateLimit(hit, metadata=token(EDGE, "quota")),
            "a credit is reserved and charged": charge,
            "a search for what was asked before": lambda: search(asked),
            "a search for something new": lambda: search(next(fresh)),
        }
    finally:
        for channel in channels.values():
            await channel.close()


async def repeat_call(call: Call, callers: int, seconds: float) -> int:
    """Have so many callers make a call over and over; returns how many were made."""
    loop = asyncio.get_running_loop()
    end, made = loop.time() + seconds, 0

    async def again_and_again() -> None:
        nonlocal made
        while loop.time() < end:
            await call()
            made += 1

    await asyncio.gather(*(again_and_again() for _ in range(callers)))
    return made
