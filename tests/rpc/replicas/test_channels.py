"""A channel uses all replicas, and loses no call when one dies, leaves or comes back."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.rpc.replicas.replicas import NAMES, Replicas
from tests.waiting import PATIENCE

CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")


@pytest.fixture(scope="module")
def replicas() -> Iterator[Replicas]:
    """Those of all tests, each of which says which of them are to run."""
    replicas = Replicas()
    yield replicas
    replicas.close()


@pytest.fixture
async def stub(replicas: Replicas, signer: TokenSigner) -> AsyncIterator["chat_pb2_grpc.ChatServiceAsyncStub"]:
    async with open_channel(replicas.addresses, signer, lambda: CALLER) as channel:
        yield chat_pb2_grpc.ChatServiceStub(channel)  # type: ignore[misc]


async def ask(stub: "chat_pb2_grpc.ChatServiceAsyncStub") -> str:
    return str((await stub.Chat(chat_pb2.ChatRequest(message="who?"), timeout=PATIENCE)).message)


async def until_asked(stub: "chat_pb2_grpc.ChatServiceAsyncStub", name: str) -> None:
    """Asks until the replica answers."""
    async with asyncio.timeout(PATIENCE):
        while await ask(stub) != name:  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)


async def noticed(stub: "chat_pb2_grpc.ChatServiceAsyncStub") -> None:
    """Returns when the end of a replica is known: until then a call may be on its way to it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(grpc.aio.AioRpcError):
                for _ in NAMES:
                    await ask(stub)
                return


async def test_calls_are_spread_evenly(replicas: Replicas, stub: "chat_pb2_grpc.ChatServiceAsyncStub") -> None:
    await replicas.only(*NAMES)
    for name in NAMES:
        await until_asked(stub, name)
    assert Counter([await ask(stub) for _ in range(300)]) == dict.fromkeys(NAMES, 100)


async def test_a_replica_that_is_not_there_or_was_killed_costs_no_call_and_is_found(
    replicas: Replicas, stub: "chat_pb2_grpc.ChatServiceAsyncStub"
) -> None:
    await replicas.only("one", "three")
    for name in ("one", "three"):
        await until_asked(stub, name)
    for _ in range(2):
        assert {await ask(stub) for _ in range(50)} == {"one", "three"}
        await replicas.start("two")
        await until_asked(stub, "two")
        assert {await ask(stub) for _ in range(20)} == set(NAMES)
        replicas.kill("two")
        await noticed(stub)


async def test_replicas_that_are_restarted_one_after_the_other_cost_no_call(
    replicas: Replicas, stub: "chat_pb2_grpc.ChatServiceAsyncStub"
) -> None:
    await replicas.only(*NAMES)
    enough = asyncio.Event()

    async def keep_asking() -> Counter[str]:
        seen: Counter[str] = Counter()
        while not enough.is_set():
            seen[await ask(stub)] += 1
            await asyncio.sleep(0.005)
        return seen

    callers = [asyncio.create_task(keep_asking()) for _ in range(4)]
    for name in ("one", "two"):
        process = replicas.terminate(name)
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
        await replicas.start(name)
        await until_asked(stub, name)
    enough.set()
    seen = sum([await caller for caller in callers], Counter[str]())
    assert set(seen) == set(NAMES)


async def test_with_no_replica_left_a_call_fails_at_once_and_the_first_to_come_back_is_found(
    replicas: Replicas, stub: "chat_pb2_grpc.ChatServiceAsyncStub"
) -> None:
    await replicas.only("one")
    await ask(stub)
    replicas.kill("one")
    await asyncio.sleep(0.2)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(stub)
    # Not DEADLINE_EXCEEDED: it does not wait for a replica.
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    await replicas.start("three")
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                assert await ask(stub) == "three"
                break
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)


async def test_a_server_that_is_slow_to_greet_is_waited_for(replicas: Replicas, signer: TokenSigner) -> None:
    await replicas.only("one")
    async with open_channel(replicas.address("one"), signer, lambda: CALLER) as channel:
        replicas.stop_for(1.5, "one")
        assert await ask(chat_pb2_grpc.ChatServiceStub(channel)) == "one"  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("one",), ("one", "two")])
async def test_connections_that_end_of_age_cost_no_call(
    replicas: Replicas, stub: "chat_pb2_grpc.ChatServiceAsyncStub", names: tuple[str, ...]
) -> None:
    await replicas.only(*names, age=200)
    deadline = time.monotonic() + 2

    async def keep_asking() -> None:
        asked = 0
        while time.monotonic() < deadline or asked < 7:
            assert await ask(stub) in names
            asked += 1
            await asyncio.sleep(0.01)

    await asyncio.gather(*(keep_asking() for _ in range(8)))
