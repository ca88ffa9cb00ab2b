"""Several Auth processes on one database, asked about keys as Envoy asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2, external_auth_pb2_grpc

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.channels import open_channel
from tests.service_process import ServiceProcess, service_process

CLIENT = "198.51.100.7"


class AuthReplica:
    """A process; the connections to it stay open."""

    def __init__(self, process: ServiceProcess, signer: TokenSigner) -> None:
        operator = open_channel(process.address, signer, lambda: Principal(Role.ROLE_OPERATOR))
        edge = open_channel(process.address, signer, lambda: Principal(Role.ROLE_EDGE))
        self._channels = (operator, edge)
        self._check: Any = external_auth_pb2_grpc.AuthorizationStub(edge)
        self.accounts: Any = auth_pb2_grpc.AccountServiceStub(operator)
        self.chatbots: Any = auth_pb2_grpc.ChatbotServiceStub(operator)
        self.keys: Any = auth_pb2_grpc.ApiKeyServiceStub(operator)
        self.kill = process.kill

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

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()


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
async def auth_replicas(home: Path, count: int, database_url: str) -> AsyncIterator[list[AuthReplica]]:
    """`count` of them on one database."""
    signer = TokenSigner(ensure_secret(home / "secrets" / "signing.key"))
    environment = {
        # Nobody is there: Auth asks Quota only for the headers of some refusals, and does without.
        "CHATMOUNT_QUOTA_ADDRESS": "127.0.0.1:9",
        "CHATMOUNT_FAILED_ATTEMPTS_PER_MINUTE": "1000000",
        "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
        "CHATMOUNT_DATABASE_URL": database_url,
    }
    async with AsyncExitStack() as running:
        processes = await asyncio.gather(
            *(
                running.enter_async_context(service_process("auth", home, number, **environment))
                for number in range(count)
            )
        )
        replicas = [AuthReplica(process, signer) for process in processes]
        yield replicas
        for replica in replicas:
            await replica.close()
