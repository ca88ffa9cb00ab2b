"""One key, one answer, one charge: over three Chat replicas, whatever dies meanwhile.

.venv/bin/pytest tests/promises/replicated/test_idempotency.py --size 500
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress

import grpc
import httpx
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from tests.contract.client import Reply
from tests.contract.operator_client import OperatorClient, Tenant
from tests.promises.replicated.many_at_once import ask, ask_at_once, client_of
from tests.promises.replicated.replicated_stack import REPLICAS, ReplicatedStack
from tests.waiting import eventually


@pytest.fixture
def tenant(operator: OperatorClient) -> Tenant:
    return operator.tenant("metered")


def some_key() -> dict[str, str]:
    return {"idempotency-key": str(uuid.uuid4())}


def charged(operator: OperatorClient, tenant: Tenant) -> list[quota_pb2.LedgerEntry]:
    """The ledger's settled rows, once nothing is reserved any more."""
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0)
    request = quota_pb2.ListLedgerEntriesRequest(page_size=1000, states=[quota_pb2.LEDGER_STATE_SETTLED])
    listed = operator.call(
        quota_pb2_grpc.QuotaServiceStub, "ListLedgerEntries", request, plan="metered", **tenant.scope
    )
    return list(listed.entries)


async def test_a_client_that_repeats_itself_until_it_is_answered_pays_once_though_replicas_die(
    replicated: ReplicatedStack, operator: OperatorClient, tenant: Tenant, size: Callable[[int], int]
) -> None:
    questions, refused = size(16), set[int]()
    dying = asyncio.create_task(_kill_one_after_the_other(replicated))
    try:
        async with client_of(replicated.base_url) as client:
            replies = await asyncio.gather(
                *(_ask_until_answered(client, tenant, refused, stream=number % 2 == 1) for number in range(questions))
            )
    finally:
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    assert len(replies) == questions
    assert refused <= {200, 503, 504}
    assert len(charged(operator, tenant)) == questions


async def _kill_one_after_the_other(stack: ReplicatedStack) -> None:
    for number in range(1000):
        await asyncio.to_thread(stack.kill_replica, "chat", number % REPLICAS["chat"] + 1)
        await asyncio.sleep(1)
        # Where a start takes long, one after the other would be gone before its predecessor serves.
        await asyncio.to_thread(stack.until_whole)


async def _ask_until_answered(client: httpx.AsyncClient, tenant: Tenant, refused: set[int], *, stream: bool) -> Reply:
    """`refused`: takes the statuses of all other replies."""
    headers = some_key()
    async with asyncio.timeout(90):
        while True:
            # A stream whose replica died is cut off, also in the middle of an event.
            with suppress(httpx.HTTPError, AssertionError):
                reply = await ask(client, tenant.key, headers=headers, stream=stream)
                if reply.status == 200 and (not stream or reply.events[-1]["type"] == "done"):
                    return reply
                refused.add(reply.status)
            await asyncio.sleep(0.3)


async def test_a_native_client_is_replayed_to_as_well(replicated: ReplicatedStack, tenant: Tenant) -> None:
    metadata = (("authorization", f"Bearer {tenant.key}"), *some_key().items())
    async with grpc.aio.insecure_channel(replicated.endpoints["grpc"]) as channel:
        stub = chat_pb2_grpc.ChatServiceStub(channel)
        replies = [await stub.Chat(chat_pb2.ChatRequest(message="Hi?"), metadata=metadata) for _ in range(3)]
        assert replies[0] == replies[1] == replies[2]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Chat(chat_pb2.ChatRequest(message="Ho?"), metadata=metadata)
        assert caught.value.code() == grpc.StatusCode.ABORTED


async def test_a_reply_outlives_all_replicas_and_a_rotation_of_its_key(
    replicated: ReplicatedStack, operator: OperatorClient, tenant: Tenant
) -> None:
    headers = some_key()
    (first,) = await ask_at_once(replicated.base_url, [tenant.key], headers=headers)
    for number in range(1, REPLICAS["chat"] + 1):
        replicated.kill_replica("chat", number)
    await asyncio.to_thread(replicated.until_whole)
    secret = operator.rotate(tenant.key_id)
    (again,) = await ask_at_once(replicated.base_url, [secret], headers=headers)
    assert (again.status, again.text) == (first.status, first.text)
    assert len(charged(operator, tenant)) == 1
