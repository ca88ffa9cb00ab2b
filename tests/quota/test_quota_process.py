"""Quota as a process: started, killed, started again."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.channels import open_channel
from tests.quota.conftest import CALLER
from tests.waiting import PATIENCE


async def start(home: Path, **environment: str) -> asyncio.subprocess.Process:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")}
    settings = {"CHATMOUNT_HOME": str(home), "CHATMOUNT_LISTEN": "127.0.0.1:0", **environment}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.quota", env=own | settings, stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The process and the address that it serves at."""
    process = await start(home)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := re.search(rb"serving on port (\d+)", line := await process.stderr.readline())) is None:
                assert line, "Quota ended"
        yield process, f"127.0.0.1:{int(found[1])}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_killed_quota_keeps_its_reservations(tmp_path: Path) -> None:
    signer = TokenSigner(ensure_secret(tmp_path / "secrets" / "signing.key"))
    async with running(tmp_path) as (process, address), open_channel(address, signer, lambda: CALLER) as caller:
        health = await health_pb2_grpc.HealthStub(caller).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        request = quota_pb2.ReserveRequest(request_id="r")
        reservation = (await quota_pb2_grpc.QuotaServiceStub(caller).Reserve(request)).reservation_id
        process.kill()
        await process.wait()
    async with running(tmp_path) as (process, address), open_channel(address, signer, lambda: CALLER) as caller:
        request = quota_pb2.SettleRequest(reservation_id=reservation)
        assert (await quota_pb2_grpc.QuotaServiceStub(caller).Settle(request)).credits_remaining == 1499
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0


@pytest.mark.parametrize(
    ("environment", "says"),
    [({}, "secret"), ({"CHATMOUNT_PLANS_FILE": "/nowhere.toml"}, "CHATMOUNT_PLANS_FILE")],
)
async def test_a_setting_that_can_not_be_used_ends_it_with_one_line(
    tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    process = await start(tmp_path, **environment)
    _, error = await process.communicate()
    assert process.returncode not in (0, None)
    assert error.decode().count("\n") == 1
    assert says in error.decode()
