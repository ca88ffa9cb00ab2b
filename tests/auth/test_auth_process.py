"""`python -m services.auth` as a process."""

from pathlib import Path

import pytest
from auth_harness import Auth, ScriptedQuota
from chatmount.auth.v1 import auth_pb2 as pb
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.auth.__main__ import main
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.service_process import service_process
from tests.turned_clock import TurnedClock

QUOTA = {"CHATMOUNT_QUOTA_ADDRESS": "127.0.0.1:9"}


async def test_the_process_serves_keeps_its_data_and_stops_when_told(tmp_path: Path) -> None:
    signer = TokenSigner(ensure_secret(tmp_path / "secrets" / "signing.key"))
    created = pb.CreateApiKeyResponse()
    for life in range(2):
        async with service_process("auth", tmp_path, life, **QUOTA) as process:
            auth = Auth(process.address, signer, TurnedClock(), ScriptedQuota())
            health = health_pb2_grpc.HealthStub(auth.channel())
            status = (await health.Check(health_pb2.HealthCheckRequest(service=""))).status
            assert status == health_pb2.HealthCheckResponse.SERVING
            if life == 0:
                created = await auth.new_key()
                # A use just before the stop is written down all the same.
                assert (await auth.check_key(created.secret)).status.code == 0
            else:
                (key,) = (await auth.call("ListApiKeys", chatbot_id=created.api_key.chatbot_id)).api_keys
                assert key.last_used_at >= created.api_key.created_at
            for channel in auth.channels.values():
                await channel.close()
            assert await process.stop() == 0, process.log
            assert "Traceback" not in process.log


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
