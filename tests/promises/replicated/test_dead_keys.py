"""A rotated or revoked key is dead when the call returns, on every replica and connection.

.venv/bin/pytest tests/promises/replicated/test_dead_keys.py --size 1000
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import httpx
import pytest
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.auth.last_used import FLUSH_SECONDS
from services.trust.principal import Principal, Role
from tests.channels import open_channel
from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.auth_replicas import AuthReplica, auth_replicas
from tests.promises.replicated.key_trials import Trials
from tests.promises.replicated.many_at_once import client_of
from tests.promises.replicated.replicated_stack import ReplicatedStack
from tests.waiting import until

REPLICAS = 2


@pytest.fixture
async def replicas(tmp_path: Path, postgres_url: str) -> AsyncIterator[list[AuthReplica]]:
    async with auth_replicas(tmp_path, REPLICAS, postgres_url) as running:
        yield running


class HttpDoor:
    """REST through Envoy, over one connection, one request at a time."""

    def __init__(self, base_url: str) -> None:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=3600)
        self._http = client_of(base_url, limits=limits)
        self._turn = asyncio.Lock()
        self.close = self._http.aclose
        self.connections: set[object] = set()

    async def lets_in(self, secret: str) -> bool:
        """Ask with a blank message, which is refused after all that concerns the key, for free."""
        headers = {"authorization": f"Bearer {secret}"}
        async with self._turn:
            reply = await self._http.post("/v1/chat", json={"message": ""}, headers=headers)
        self.connections.add(reply.extensions["network_stream"].get_extra_info("client_addr"))
        status = reply.status_code
        # After many failed attempts from one address the refusal says so instead.
        assert status in (400, 401, 429), status
        return status == 400


class GrpcDoor:
    """Native gRPC through Envoy, over one connection."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._chat = chat_pb2_grpc.ChatServiceStub(channel)

    async def lets_in(self, secret: str) -> bool:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self._chat.Chat(chat_pb2.ChatRequest(), metadata=(("authorization", f"Bearer {secret}"),))
        code = caught.value.code()
        refusals = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert code in (grpc.StatusCode.INVALID_ARGUMENT, *refusals), code
        return code == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.stack
@pytest.mark.timeout(1200)
async def test_a_dead_key_is_dead_through_envoy_on_connections_that_were_open(
    replicated: ReplicatedStack, operator: OperatorClient, size: Callable[[int], int]
) -> None:
    tenant = operator.tenant("roomy", pages=False)
    async with AsyncExitStack() as stack:
        doors: list[HttpDoor | GrpcDoor] = []
        for _ in range(6):
            doors.append(HttpDoor(replicated.base_url))
            stack.push_async_callback(doors[-1].close)
        native = grpc.aio.insecure_channel(replicated.base_url.removeprefix("http://"))
        doors.append(GrpcDoor(await stack.enter_async_context(native)))
        changers = [
            open_channel(address, operator.signer, lambda: Principal(Role.ROLE_OPERATOR))
            for address in replicated.addresses("auth")
        ]
        keys = [auth_pb2_grpc.ApiKeyServiceStub(await stack.enter_async_context(channel)) for channel in changers]
        trials = Trials(tenant.chatbot_id, keys, doors, random.Random(3))
        await trials.run(size(20))
    assert [len(door.connections) for door in doors if isinstance(door, HttpDoor)] == [1] * 6
    tally = trials.tally
    assert tally.wrong == []
    assert tally.rotations + tally.revocations == size(20) == len(tally.dead)
    assert tally.during >= size(20), "keys were in use when they died"
    assert size(20) < 20 or min(tally.rotations, tally.revocations) > 0


async def test_a_replica_that_is_killed_loses_a_few_seconds_of_uses_and_no_key(replicas: list[AuthReplica]) -> None:
    first, second = replicas
    chatbot_id = await first.chatbot()
    secret = str((await first.keys.CreateApiKey(auth_pb2.CreateApiKeyRequest(chatbot_id=chatbot_id))).secret)
    began, known = time.time(), None

    async def is_known_to_be_used_on() -> bool:
        nonlocal known
        assert await first.lets_in(secret)
        (known,) = await second.last_used(chatbot_id)
        return known is not None and known > began + FLUSH_SECONDS

    await until(is_known_to_be_used_on)
    await first.kill()
    (last_used,) = await second.last_used(chatbot_id)
    assert last_used is not None
    assert known is not None
    assert known <= last_used <= time.time()
    assert await second.lets_in(secret), "the key works on"
