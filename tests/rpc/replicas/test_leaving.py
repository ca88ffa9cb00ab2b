"""A replica that leaves says so, serves on until others have heard it, and fails no call."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import grpc
import pytest
from chatmount.access.v1.access_pb2 import Role
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.cli.calls.health import is_serving, until
from services.cli.up.ports import ReservedPort
from services.config.settings import LEAVE_SECONDS
from services.rpc.channels import CHANNEL_OPTIONS
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.waiting import PATIENCE

STANDSTILL = 3.0
CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")


@pytest.fixture
def address() -> Iterator[str]:
    port = ReservedPort()
    yield port.address
    port.release()


@pytest.fixture
def leave_seconds() -> float:
    """How long the replica serves on: more than a busy machine stands still."""
    return LEAVE_SECONDS + STANDSTILL


@pytest.fixture
async def replica(address: str, leave_seconds: float) -> AsyncIterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.rpc.replicas.replica_process", "one", address, "60000", str(leave_seconds)]
    process = await asyncio.to_thread(partial(subprocess.Popen, command, stderr=subprocess.DEVNULL))
    async with asyncio.timeout(60):
        await until(partial(is_serving, address))
    yield process
    process.kill()
    process.wait()


async def asked_until_it_ends(address: str, signer: TokenSigner) -> float:
    """Ask on new connections, like a caller that has not heard; return the last answer's time."""
    metadata = (("authorization", f"Bearer {signer.sign(CALLER)}"),)
    answered = 0.0
    while True:
        try:
            async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
                await chat_pb2_grpc.ChatServiceStub(channel).Chat(
                    chat_pb2.ChatRequest(message="who?"), timeout=PATIENCE, metadata=metadata
                )
            answered = time.monotonic()
        except grpc.aio.AioRpcError:
            return answered
        await asyncio.sleep(0.05)


async def test_one_that_is_told_to_stop_says_so_at_once_and_serves_on_until_others_have_heard_it(
    replica: "subprocess.Popen[bytes]", address: str, signer: TokenSigner, leave_seconds: float
) -> None:
    told = time.monotonic()
    replica.terminate()
    asked = asyncio.create_task(asked_until_it_ends(address, signer))
    async with asyncio.timeout(PATIENCE):
        while await is_serving(address):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)
    assert leave_seconds - STANDSTILL < await asked - told < leave_seconds + PATIENCE
    assert await asyncio.to_thread(replica.wait, PATIENCE) == 0


@pytest.mark.parametrize("leave_seconds", [100.0])
@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGINT)])
async def test_one_that_nobody_calls_ends_at_once(
    replica: "subprocess.Popen[bytes]", signals: tuple[signal.Signals, ...]
) -> None:
    for number in signals:
        replica.send_signal(number)
    assert await asyncio.to_thread(replica.wait, PATIENCE) == 0
