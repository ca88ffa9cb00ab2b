"""`python -m services.auth` as a process."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from auth_harness import Auth, ScriptedQuota, TestClock
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.auth.store import Store
from services.database import Database
from services.rpc.channels import open_channel
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret

QUOTA = {"CHATMOUNT_QUOTA_ADDRESS": "127.0.0.1:9"}


@asynccontextmanager
async def started(home: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, killed if the test leaves it running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.auth",
        env={"CHATMOUNT_HOME": str(home), **QUOTA, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def port_of(process: asyncio.subprocess.Process) -> int:
    """Where it serves, once it does."""
    assert process.stderr is not None
    async with asyncio.timeout(30):
        line = (await process.stderr.readline()).decode()
    serving = re.search(r"serving on port (\d+)", line)
    assert serving is not None, line
    return int(serving[1])


async def test_the_process_serves_keeps_its_data_and_stops_when_told(tmp_path: Path) -> None:
    signer = TokenSigner(ensure_secret(tmp_path / "secrets" / "signing.key"))
    listed = []
    for _ in range(2):
        async with started(tmp_path) as process:
            port = await port_of(process)
            async with open_channel(f"127.0.0.1:{port}", signer, lambda: Principal(Role.ROLE_OPERATOR)) as channel:
                health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=""))
                assert health.status == health_pb2.HealthCheckResponse.SERVING
                accounts = auth_pb2_grpc.AccountServiceStub(channel)
                await accounts.CreateAccount(auth_pb2.CreateAccountRequest(name="Acme", plan="plus"))
                listed.append(len((await accounts.ListAccounts(auth_pb2.ListAccountsRequest())).accounts))
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(15):
                _, rest = await process.communicate()
            assert process.returncode == 0, rest.decode()
            assert "Traceback" not in rest.decode()
    assert listed == [1, 2]


async def test_a_key_used_just_before_the_stop_is_known_to_have_been_used(tmp_path: Path) -> None:
    signer = TokenSigner(ensure_secret(tmp_path / "secrets" / "signing.key"))
    async with started(tmp_path) as process:
        auth = Auth(f"127.0.0.1:{await port_of(process)}", signer, TestClock(), ScriptedQuota())
        created = await auth.new_key()
        assert (await auth.check_key(created.secret)).status.code == 0
        for channel in auth.channels.values():
            await channel.close()
        process.terminate()
        await process.communicate()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'auth.db'}", "auth")
    (key,) = await Store(database).api_keys(created.api_key.chatbot_id)
    await database.close()
    assert key.last_used_ms is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHATMOUNT_FAILED_ATTEMPTS_PER_MINUTE", "many"),
        ("CHATMOUNT_PLANS_FILE", "/nowhere/plans.toml"),
        ("CHATMOUNT_SECRET_FILE", "/nowhere/signing.key"),
        ("CHATMOUNT_QUOTA_ADDRESS", ""),
    ],
)
async def test_a_wrong_setting_ends_it_with_one_clear_line(tmp_path: Path, name: str, value: str) -> None:
    ensure_secret(tmp_path / "secrets" / "signing.key")
    async with started(tmp_path, **{name: value}) as process:
        async with asyncio.timeout(30):
            _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().count("\n") == 1
    assert name in errors.decode()
