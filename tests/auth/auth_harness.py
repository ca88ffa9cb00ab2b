"""A real Auth server beside a scripted Quota, over real gRPC; time stands still."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, people_pb2, people_pb2_grpc, widget_pb2, widget_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2, external_auth_pb2_grpc

from services.auth.build import open_auth
from services.auth.last_used import LastUsed
from services.config.plans import Plans
from services.config.settings import load_settings
from services.request_id import REQUEST_ID_HEADER
from services.trust.principal import Principal, Role, current_principal
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.ready_tables import lay_tables
from tests.serving import serving
from tests.turned_clock import TurnedClock

SECRET = "the-signing-secret-of-the-auth-tests-0123456789"
NOW = 1_800_000_000.5
FAILED_ATTEMPTS = 5
CLIENT = "198.51.100.7"

OPERATOR = Principal(Role.ROLE_OPERATOR)
EDGE = Principal(Role.ROLE_EDGE)

MODULES = {
    module.DESCRIPTOR: (module, stubs)
    for module, stubs in (
        (auth_pb2, auth_pb2_grpc),
        (people_pb2, people_pb2_grpc),
        (widget_pb2, widget_pb2_grpc),
    )
}
METHODS = {
    method.name: method for file in MODULES for service in file.services_by_name.values() for method in service.methods
}


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


@dataclass
class Auth:
    """A running Auth server and ways to call it."""

    address: str
    signer: TokenSigner
    clock: TurnedClock
    quota: ScriptedQuota
    channels: dict[Principal, grpc.aio.Channel] = field(default_factory=dict)
    seen: list[LastUsed[tuple[str, str]]] = field(default_factory=list)

    def channel(self, principal: Principal = OPERATOR) -> grpc.aio.Channel:
        if principal not in self.channels:
            self.channels[principal] = open_channel(self.address, self.signer, lambda: principal)
        return self.channels[principal]

    def call(self, method: str, caller: Principal = OPERATOR, /, **fields: Any) -> Any:
        """A call of one of Auth's methods; they all have names of their own."""
        return _send(self.channel(caller), method, fields)

    async def call_with(self, token: str, method: str, request_id: str = "", /, **fields: Any) -> Any:
        """A call with this token."""
        metadata = (("authorization", f"Bearer {token}"), (REQUEST_ID_HEADER, request_id))
        async with grpc.aio.insecure_channel(self.address) as channel:
            return await _send(channel, method, fields, metadata=metadata)

    async def check(self, authorization: str | None, client: str = CLIENT) -> external_auth_pb2.CheckResponse:
        return await self.knock(check_request(authorization, client))

    async def knock(self, request: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
        return await external_auth_pb2_grpc.AuthorizationStub(self.channel(EDGE)).Check(request)

    async def check_key(self, secret: str, client: str = CLIENT) -> external_auth_pb2.CheckResponse:
        return await self.check(f"Bearer {secret}", client)

    async def new_account(self, plan: str = "plus", name: str = "Acme") -> auth_pb2.Account:
        return (await self.call("CreateAccount", name=name, plan=plan)).account

    async def new_chatbot(self, plan: str = "plus") -> auth_pb2.Chatbot:
        account = await self.new_account(plan)
        return (await self.call("CreateChatbot", account_id=account.id, name="Helper")).chatbot

    async def new_key(self, chatbot_id: str = "", **fields: Any) -> auth_pb2.CreateApiKeyResponse:
        chatbot_id = chatbot_id or (await self.new_chatbot()).id
        return await self.call("CreateApiKey", chatbot_id=chatbot_id, **fields)


def _send(channel: grpc.aio.Channel, method: str, fields: dict[str, Any], **options: Any) -> Any:
    described = METHODS[method]
    module, stubs = MODULES[described.containing_service.file]
    stub: Any = getattr(stubs, f"{described.containing_service.name}Stub")(channel)
    return getattr(stub, method)(getattr(module, described.input_type.name)(**fields), **options)


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


def touching(auth: Auth, caller: Principal, account: str, chatbot: str, key: str) -> list[Any]:
    """Calls that touch this account, chatbot or key."""
    of_account, of_chatbot, of_key = {"account_id": account}, {"chatbot_id": chatbot}, {"api_key_id": key}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetAccount", of_account),
        ("CreateChatbot", of_account | {"name": "x"}),
        ("GetChatbot", of_chatbot),
        ("UpdateChatbot", of_chatbot | {"name": "x"}),
        ("SetChatbotEnabled", of_chatbot),
        ("DeleteChatbot", of_chatbot),
        ("CreateApiKey", of_chatbot),
        ("ListApiKeys", of_chatbot),
        ("RotateApiKey", of_key),
        ("RevokeApiKey", of_key),
        ("SetApiKeyAllowlist", of_key | {"allowlist": ["::1"]}),
    ]
    return [auth.call(method, caller, **fields) for method, fields in calls]


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
    clock: TurnedClock,
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
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            # When people were seen is written by the clock on the wall, which does not stand still.
            seen: list[LastUsed[tuple[str, str]]] = []
            patch.setattr("services.auth.people.build.LastUsed", lambda *of: seen.append(LastUsed(*of)) or seen[0])
            registrations = await stack.enter_async_context(open_auth(settings, plans, signer, clock))
        address = await stack.enter_async_context(serving(signer, *registrations))
        running = Auth(address, signer, clock, quota[0], seen=seen)
        yield running
        for channel in running.channels.values():
            await channel.close()
