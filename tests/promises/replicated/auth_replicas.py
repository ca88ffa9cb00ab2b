"""Several Auth processes on one database, asked whether a key opens anything as Envoy asks it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2, external_auth_pb2_grpc

from services.rpc.channels import open_channel
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret

READY_SECONDS = 60.0
CLIENT = "198.51.100.7"


class AuthReplica:
    """One process; the connections to it stay open."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, signer: TokenSigner) -> None:
        self.process = process
        address = f"127.0.0.1:{port}"
        operator = open_channel(address, signer, lambda: Principal(Role.ROLE_OPERATOR))
        edge = open_channel(address, signer, lambda: Principal(Role.ROLE_EDGE))
        self._channels = (operator, edge)
        self._check: Any = external_auth_pb2_grpc.AuthorizationStub(edge)
        self.accounts: Any = auth_pb2_grpc.AccountServiceStub(operator)
        self.chatbots: Any = auth_pb2_grpc.ChatbotServiceStub(operator)
        self.keys: Any = auth_pb2_grpc.ApiKeyServiceStub(operator)

    async def lets_in(self, secret: str) -> bool:
        """Whether a request with this key may pass now."""
        response = await self._check.Check(_check_request(secret))
        code = response.status.code
        assert code in (grpc.StatusCode.OK.value[0], grpc.StatusCode.UNAUTHENTICATED.value[0]), response
        return bool(code == grpc.StatusCode.OK.value[0])

    async def chatbot(self) -> str:
        """A new chatbot's id, in an account whose plan allows fifty keys."""
        request = auth_pb2.CreateAccountRequest(name="Acme", plan="enterprise")
        account = (await self.accounts.CreateAccount(request)).account
        named = auth_pb2.CreateChatbotRequest(account_id=account.id, name="Helper")
        return str((await self.chatbots.CreateChatbot(named)).chatbot.id)

    async def last_used(self, chatbot_id: str) -> list[int | None]:
        """Unix seconds of the last use of each key, as this replica tells it."""
        listed = await self.keys.ListApiKeys(auth_pb2.ListApiKeysRequest(chatbot_id=chatbot_id))
        return [key.last_used_at if key.HasField("last_used_at") else None for key in listed.api_keys]

    async def kill(self) -> None:
        """SIGKILL: whatever it had not written is lost."""
        self.process.kill()
        await self.process.wait()

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()
        if self.process.returncode is None:
            await self.kill()


def _check_request(secret: str) -> external_auth_pb2.CheckRequest:
    http = attribute_context_pb2.AttributeContext.HttpRequest(headers={"authorization": f"Bearer {secret}"})
    peer = Address(socket_address=SocketAddress(address=CLIENT, port_value=40000))
    return external_auth_pb2.CheckRequest(
        attributes=attribute_context_pb2.AttributeContext(
            source=attribute_context_pb2.AttributeContext.Peer(address=peer),
            request=attribute_context_pb2.AttributeContext.Request(http=http),
        )
    )


@asynccontextmanager
async def auth_replicas(home: Path, count: int, database_url: str = "") -> AsyncIterator[list[AuthReplica]]:
    """`count` of them, on SQLite in `home` unless a Postgres is given."""
    signer = TokenSigner(ensure_secret(home / "secrets" / "signing.key"))
    environment = {
        "CHATMOUNT_HOME": str(home),
        # Nobody is there: Auth asks Quota only for the headers of some refusals, and does without.
        "CHATMOUNT_QUOTA_ADDRESS": "127.0.0.1:9",
        "CHATMOUNT_FAILED_ATTEMPTS_PER_MINUTE": "1000000",
        "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
        **({"CHATMOUNT_DATABASE_URL": database_url} if database_url else {}),
    }
    replicas: list[AuthReplica] = []
    drains: list[asyncio.Task[None]] = []
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "services.auth", env=environment, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            replicas.append(AuthReplica(process, await _port_of(process), signer))
            drains.append(asyncio.create_task(_drain(process)))
        yield replicas
    finally:
        for replica in replicas:
            await replica.close()
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await asyncio.gather(*drains)


async def _port_of(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    async with asyncio.timeout(READY_SECONDS):
        while line := (await process.stderr.readline()).decode():
            if serving := re.search(r"serving on port (\d+)", line):
                return int(serving[1])
    raise AssertionError("it ended before it served")


async def _drain(process: asyncio.subprocess.Process) -> None:
    # A pipe that nobody reads fills up, and then whoever writes a log line stands still.
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass
