"""A process of several services: who opens first, who closes last, and what they hear of each other."""

import subprocess
import sys

import pytest

from services.config.settings import SettingsError, load_settings
from services.rpc.process import Part, address_of

# Two services of which the second calls the first, also while it is closed; a signal comes once both serve.
PROCESS = """
import asyncio, logging, os, signal, sys
from contextlib import asynccontextmanager
from chatmount.access.v1.access_pb2 import Role
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from services.config.settings import load_settings
from services.rpc.links import Neighbours, stub_on
from services.rpc.process import Hosted, run_services
from services.trust.principal import Principal, set_current_principal
from services.trust.principal_tokens import TokenSigner

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")

class Quota(quota_pb2_grpc.QuotaServiceServicer):
    async def Reserve(self, request, context):
        return quota_pb2.ReserveResponse(reservation_id=request.request_id)

@asynccontextmanager
async def open_quota(signer, neighbours):
    yield [(Quota(), quota_pb2_grpc.add_QuotaServiceServicer_to_server)]
    print("quota is closed")

@asynccontextmanager
async def open_chat(signer, neighbours):
    set_current_principal(CALLER)
    async with neighbours.link("quota") as link:
        quota = stub_on(link, quota_pb2_grpc.QuotaServiceStub)
        print("chat hears", (await quota.Reserve(quota_pb2.ReserveRequest(request_id="one"))).reservation_id)
        asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGINT)
        yield []
        print("chat hears", (await quota.Reserve(quota_pb2.ReserveRequest(request_id="two"))).reservation_id)
    print("chat is closed")

signer = TokenSigner([b"s" * 32])
hosted = [Hosted(name, "127.0.0.1:0", opened) for name, opened in (("quota", open_quota), ("chat", open_chat))]
run_services(hosted, signer, Neighbours(load_settings({}), signer, None))
"""


def test_the_one_that_calls_opens_last_and_closes_first() -> None:
    ended = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=False, timeout=60)
    lines = [line.partition(" on port")[0] for line in ended.stdout.splitlines()]
    assert lines == [
        "chat hears one",
        "quota is serving",
        "chat is serving",
        "chat is stopping",
        "quota is stopping",
        "chat hears two",
        "chat is closed",
        "quota is closed",
    ], ended.stderr
    assert ended.returncode == 0


def test_services_of_one_process_listen_where_the_others_look_for_them() -> None:
    parts = [Part(name, lambda _: pytest.fail("is not opened")) for name in ("quota", "chat")]
    settings = load_settings({"CHATMOUNT_LISTEN": "127.0.0.1:1", "CHATMOUNT_CHAT_ADDRESS": "127.0.0.1:2"})
    assert address_of(parts[1], parts, settings) == "127.0.0.1:2"
    assert address_of(parts[1], parts[1:], settings) == "127.0.0.1:1"
    with pytest.raises(SettingsError, match="CHATMOUNT_QUOTA_ADDRESS must name the one address"):
        address_of(parts[0], parts, settings)
