"""An operator of accounts, chatbots, keys and sources, over the RPCs of the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from chatmount.auth.v1 import auth_pb2 as auth
from chatmount.auth.v1 import auth_pb2_grpc
from chatmount.quota.v1 import quota_pb2 as quota
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2 as retrieval
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import read_secrets
from services.trust.transport import CHANNEL_OPTIONS, own_files
from tests.waiting import PATIENCE

from .stack import Stack

PAGES = Path(__file__).parent / "pages"
PAGES_URL = "https://help.example.com/"
# A service that was killed is found again as soon as it is there.
QUICK_TO_RETURN = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500))


@dataclass(frozen=True)
class Tenant:
    """A chatbot that can be asked, and the key to it."""

    account_id: str
    chatbot_id: str
    key_id: str
    key: str

    @property
    def scope(self) -> dict[str, str]:
        """What a token of its operator names."""
        return {"account_id": self.account_id, "chatbot_id": self.chatbot_id}


class OperatorClient:
    """Talks to a running stack's services with tokens signed by the installation's secret."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._channels: dict[str, grpc.Channel] = {}
        self.signer = TokenSigner(read_secrets(stack.home / "secrets" / "signing.key"))

    def channel(self, service: str) -> grpc.Channel:
        """A connection to the service, which stays open."""
        address = self._stack.endpoints[service]
        if address not in self._channels:
            self._channels[address] = self._open(address)
        return self._channels[address]

    def _open(self, address: str) -> grpc.Channel:
        if not self._stack.endpoints["internal_tls"]:
            return grpc.insecure_channel(address, QUICK_TO_RETURN)
        credentials = own_files(self._stack.home).channel_credentials()
        return grpc.secure_channel(address, credentials, (*CHANNEL_OPTIONS, *QUICK_TO_RETURN))

    def metadata(self, **scope: str) -> tuple[tuple[str, str], ...]:
        token = self.signer.sign(Principal(Role.ROLE_OPERATOR, **scope))
        return (("authorization", f"Bearer {token}"),)

    def call(self, stub: Any, method: str, request: Any, **scope: str) -> Any:
        """The reply of a method. `stub`: a class of generated code. `scope`: what the token names."""
        _, service, *_ = stub.__module__.split(".")
        ask = getattr(stub(self.channel(service)), method)
        return ask(request, metadata=self.metadata(**scope), timeout=PATIENCE, wait_for_ready=True)

    def create_account(self, plan: str) -> str:
        request = auth.CreateAccountRequest(name="Test", plan=plan)
        return str(self.call(auth_pb2_grpc.AccountServiceStub, "CreateAccount", request).account.id)

    def set_plan(self, account_id: str, plan: str) -> None:
        request = auth.SetAccountPlanRequest(account_id=account_id, plan=plan)
        self.call(auth_pb2_grpc.AccountServiceStub, "SetAccountPlan", request)

    def create_chatbot(self, account_id: str) -> str:
        request = auth.CreateChatbotRequest(account_id=account_id, name="Test")
        return str(self.call(auth_pb2_grpc.ChatbotServiceStub, "CreateChatbot", request).chatbot.id)

    def set_enabled(self, chatbot_id: str, enabled: bool) -> None:
        request = auth.SetChatbotEnabledRequest(chatbot_id=chatbot_id, enabled=enabled)
        self.call(auth_pb2_grpc.ChatbotServiceStub, "SetChatbotEnabled", request)

    def create_key(
        self, chatbot_id: str, allowlist: Sequence[str] = (), expires_at: int | None = None
    ) -> tuple[str, str]:
        """The id and the secret."""
        request = auth.CreateApiKeyRequest(
            chatbot_id=chatbot_id, name="test", allowlist=allowlist, expires_at=expires_at
        )
        response = self.call(auth_pb2_grpc.ApiKeyServiceStub, "CreateApiKey", request)
        return response.api_key.id, response.secret

    def rotate(self, key_id: str) -> str:
        request = auth.RotateApiKeyRequest(api_key_id=key_id)
        return str(self.call(auth_pb2_grpc.ApiKeyServiceStub, "RotateApiKey", request).secret)

    def revoke(self, key_id: str) -> None:
        self.call(auth_pb2_grpc.ApiKeyServiceStub, "RevokeApiKey", auth.RevokeApiKeyRequest(api_key_id=key_id))

    def usage(self, tenant: Tenant, plan: str) -> quota.GetUsageResponse:
        scope = {"account_id": tenant.account_id, "plan": plan}
        request = quota.GetUsageRequest()
        response: quota.GetUsageResponse = self.call(quota_pb2_grpc.QuotaServiceStub, "GetUsage", request, **scope)
        return response

    def add_page(self, tenant: Tenant, name: str, content: bytes, url: str) -> str:
        """The source's id."""
        header = retrieval.AddSourceHeader(name=name, url=url)
        parts = [retrieval.AddSourceRequest(header=header), retrieval.AddSourceRequest(chunk=content)]
        added = self.call(retrieval_pb2_grpc.SourceServiceStub, "AddSource", iter(parts), **tenant.scope)
        return str(added.source.id)

    def remove_source(self, tenant: Tenant, source_id: str) -> None:
        request = retrieval.RemoveSourceRequest(source_id=source_id)
        self.call(retrieval_pb2_grpc.SourceServiceStub, "RemoveSource", request, **tenant.scope)

    def set_source_enabled(self, tenant: Tenant, source_id: str, enabled: bool) -> None:
        request = retrieval.SetSourceEnabledRequest(source_id=source_id, enabled=enabled)
        self.call(retrieval_pb2_grpc.SourceServiceStub, "SetSourceEnabled", request, **tenant.scope)

    def tenant(self, plan: str = "roomy", pages: bool = True) -> Tenant:
        """A new account with one chatbot and one key; with the test pages unless told otherwise."""
        account_id = self.create_account(plan)
        chatbot_id = self.create_chatbot(account_id)
        # A plan without API access allows no key: it is made on another plan first, as in a downgrade.
        allows_keys = plan != "free"
        if not allows_keys:
            self.set_plan(account_id, "roomy")
        key_id, key = self.create_key(chatbot_id)
        if not allows_keys:
            self.set_plan(account_id, plan)
        tenant = Tenant(account_id, chatbot_id, key_id, key)
        for page in sorted(PAGES.iterdir()) if pages else ():
            self.add_page(tenant, page.name, page.read_bytes(), PAGES_URL + page.name)
        return tenant
