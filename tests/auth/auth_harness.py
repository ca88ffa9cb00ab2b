"""A real Auth server over real gRPC, beside a Quota that says what the test lets it say; time stands still."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2, external_auth_pb2_grpc

from services.auth.build import open_auth
from services.auth.records import Account, ApiKey, Chatbot
from services.auth.store import AuthStore
from services.config.plans import Plans
from services.config.settings import load_settings
from services.rpc.channels import open_channel
from services.rpc.server import start_server
from services.trust.principal import Principal, Role, current_principal
from services.trust.principal_tokens import TokenSigner
from tests.ready_tables import lay_tables

SECRET = "the-signing-secret-of-the-auth-tests-0123456789"
NOW = 1_800_000_000.5
FAILED_ATTEMPTS = 5
CLIENT = "198.51.100.7"

OPERATOR = Principal(Role.ROLE_OPERATOR)
EDGE = Principal(Role.ROLE_EDGE)


@dataclass
class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class ScriptedQuota(quota_pb2_grpc.QuotaServiceServicer):
    """Quota as far as Auth asks it; `window` None: it fails."""

    window: quota_pb2.GetWindowResponse | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    askers: list[Principal] = field(default_factory=list)
    hold: Any = None

    async def GetWindow(self, request: quota_pb2.GetWindowRequest, context: Any) -> quota_pb2.GetWindowResponse:
        self.asked.append((request.api_key_id, request.plan))
        self.askers.append(current_principal())
        if self.hold is not None:
            await self.hold.wait()
        if self.window is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        return self.window

    async def _unused(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not scripted")

    Reserve = Settle = Release = GetUsage = ListLedgerEntries = ListPlans = _unused


@dataclass
class Auth:
    """A running Auth server and ways to call it."""

    address: str
    signer: TokenSigner
    clock: TestClock
    quota: ScriptedQuota
    channels: dict[Principal, grpc.aio.Channel] = field(default_factory=dict)

    def channel(self, principal: Principal = OPERATOR) -> grpc.aio.Channel:
        if principal not in self.channels:
            self.channels[principal] = open_channel(self.address, self.signer, lambda: principal)
        return self.channels[principal]

    def accounts(self, principal: Principal = OPERATOR) -> Any:
        return auth_pb2_grpc.AccountServiceStub(self.channel(principal))

    def chatbots(self, principal: Principal = OPERATOR) -> Any:
        return auth_pb2_grpc.ChatbotServiceStub(self.channel(principal))

    def keys(self, principal: Principal = OPERATOR) -> Any:
        return auth_pb2_grpc.ApiKeyServiceStub(self.channel(principal))

    def tokens(self, principal: Principal = OPERATOR) -> Any:
        return auth_pb2_grpc.TokenServiceStub(self.channel(principal))

    def audit(self, principal: Principal = OPERATOR) -> Any:
        return auth_pb2_grpc.AuditServiceStub(self.channel(principal))

    async def check(self, authorization: str | None, client: str = CLIENT) -> external_auth_pb2.CheckResponse:
        stub = external_auth_pb2_grpc.AuthorizationStub(self.channel(EDGE))
        return await stub.Check(check_request(authorization, client))

    async def check_key(self, secret: str, client: str = CLIENT) -> external_auth_pb2.CheckResponse:
        return await self.check(f"Bearer {secret}", client)

    async def new_account(self, plan: str = "plus", name: str = "Acme") -> auth_pb2.Account:
        return (await self.accounts().CreateAccount(auth_pb2.CreateAccountRequest(name=name, plan=plan))).account

    async def new_chatbot(self, plan: str = "plus") -> auth_pb2.Chatbot:
        account = await self.new_account(plan)
        request = auth_pb2.CreateChatbotRequest(account_id=account.id, name="Helper")
        return (await self.chatbots().CreateChatbot(request)).chatbot

    async def new_key(self, chatbot_id: str = "", **fields: Any) -> auth_pb2.CreateApiKeyResponse:
        chatbot_id = chatbot_id or (await self.new_chatbot()).id
        return await self.keys().CreateApiKey(auth_pb2.CreateApiKeyRequest(chatbot_id=chatbot_id, **fields))


def check_request(authorization: str | None, client: str = CLIENT) -> external_auth_pb2.CheckRequest:
    """What Envoy sends for a request with this header from this address."""
    headers = {":path": "/v1/chat", ":method": "POST", "x-forwarded-for": "203.0.113.99"}
    if authorization is not None:
        headers["authorization"] = authorization
    http = attribute_context_pb2.AttributeContext.HttpRequest(method="POST", path="/v1/chat", headers=headers)
    peer = Address(socket_address=SocketAddress(address=client, port_value=40000))
    return external_auth_pb2.CheckRequest(
        attributes=attribute_context_pb2.AttributeContext(
            source=attribute_context_pb2.AttributeContext.Peer(address=peer),
            request=attribute_context_pb2.AttributeContext.Request(http=http),
        )
    )


def headers_of(response: external_auth_pb2.CheckResponse) -> dict[str, str]:
    """Headers of a denial, or those that an admission puts on the request."""
    options = response.denied_response.headers or response.ok_response.headers
    return {option.header.key.lower(): option.header.value for option in options}


def digest_of(key_id: str) -> bytes:
    """The digest that `fill` stores of a key."""
    return hashlib.sha256(key_id.encode()).digest()


async def fill(store: AuthStore, *keys: ApiKey) -> None:
    """Store keys of bot_1, with that chatbot and its account unless they are there."""
    async with store.write() as transaction:
        if await transaction.chatbot("bot_1") is None:
            await transaction.add(Account("acct_1", "Acme", "plus", 1_000))
            await transaction.add(Chatbot("bot_1", "acct_1", "Helper", True, 1_000))
        for key in keys:
            await transaction.add(key, digest=digest_of(key.id))


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Returns when the condition holds; TimeoutError when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in a database or a log
            await asyncio.sleep(0.01)


async def refusal_of(call: Any) -> grpc.aio.AioRpcError:
    """The error of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


@asynccontextmanager
async def serving_auth(
    url: str,
    home: Path,
    signer: TokenSigner,
    clock: TestClock,
    plans: Plans,
    quota: tuple[ScriptedQuota, str],
) -> AsyncIterator[Auth]:
    """One Auth server; several on the same `url` are replicas."""
    environment = {
        "CHATMOUNT_HOME": str(home),
        "CHATMOUNT_QUOTA_ADDRESS": quota[1],
        "CHATMOUNT_FAILED_ATTEMPTS_PER_MINUTE": str(FAILED_ATTEMPTS),
        # What is tested is what is decided, not how fast a busy machine does it.
        "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
    }
    if url.startswith("postgresql"):
        environment["CHATMOUNT_DATABASE_URL"] = url
    settings = load_settings(environment)
    lay_tables(settings.service_database_url("auth"), "auth")
    async with open_auth(settings, plans, signer, clock) as registrations:
        server, port, _ = await start_server("127.0.0.1:0", registrations, signer)
        running = Auth(f"127.0.0.1:{port}", signer, clock, quota[0])
        try:
            yield running
        finally:
            for channel in running.channels.values():
                await channel.close()
            await server.stop(grace=None)
