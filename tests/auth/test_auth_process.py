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
from chatmount.auth.v1 import auth_pb2 as pb
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.auth.__main__ import main
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
    created = pb.CreateApiKeyResponse()
    for life in range(2):
        async with started(tmp_path) as process:
            auth = Auth(f"127.0.0.1:{await port_of(process)}", signer, TestClock(), ScriptedQuota())
            health = health_pb2_grpc.HealthStub(auth.channel())
            status = (await health.Check(health_pb2.HealthCheckRequest(service=""))).status
            assert status == health_pb2.HealthCheckResponse.SERVING
            if life == 0:
                created = await auth.new_key()
                # A use just before the stop is written down all the same.
                assert (await auth.check_key(created.secret)).status.code == 0
            else:
                request = pb.ListApiKeysRequest(chatbot_id=created.api_key.chatbot_id)
                (key,) = (await auth.keys().ListApiKeys(request)).api_keys
                assert key.last_used_at >= created.api_key.created_at
            for channel in auth.channels.values():
                await channel.close()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(15):
                _, rest = await process.communicate()
            assert process.returncode == 0, rest.decode()
            assert "Traceback" not in rest.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHATMOUNT_FAILED_ATTEMPTS_PER_MINUTE", "many"),
        ("CHATMOUNT_PLANS_FILE", "/nowhere/plans.toml"),
        ("CHATMOUNT_SECRET_FILE", "/nowhere/signing.key"),
        ("CHATMOUNT_QUOTA_ADDRESS", ""),
    ],
)
def test_a_wrong_setting_ends_it_with_one_clear_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    for variable, text in {**QUOTA, name: value}.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(SystemExit) as ended:
        main()
    assert name in str(ended.value.code)
    assert "\n" not in str(ended.value.code)
