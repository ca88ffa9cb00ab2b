"""The running services for an operator, and scopes within one tenant."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import click
import grpc
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, people_pb2_grpc, widget_pb2_grpc
from chatmount.chat.v1 import chat_pb2_grpc, replay_pb2_grpc, visitor_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import index_pb2_grpc, retrieval_pb2_grpc

from services.cli.calls.credentials import RenewedToken, TokenSource, interceptors
from services.cli.calls.endpoints import Endpoints, find_endpoints, tls_to
from services.cli.calls.operator_name import operator_name
from services.cli.failures import explain_missing
from services.clock import system_clock
from services.config.addresses import grpc_target
from services.config.settings import Settings, load_settings
from services.rpc.channels import BALANCED_OPTIONS
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import read_secrets
from services.trust.transport import open_secure_or_not

ADMIN_TOKEN_SECONDS = 300.0
# The commands that list what there is.
ACCOUNTS, CHATBOTS, USERS = "chatmount account list", "chatmount bot list", "chatmount user list"

bot_option = click.option("--bot", required=True, help="Id of the chatbot.")
account_option = click.option("--account", required=True, help="Id of the account.")


def admin_token(settings: Settings, ttl_seconds: float = ADMIN_TOKEN_SECONDS) -> str:
    """The configured operator token, or one signed with the installation's secret.

    SettingsError without either.
    """
    if settings.admin_token:
        return settings.admin_token
    operator = Principal(role=Role.ROLE_OPERATOR, subject=operator_name(settings))
    return TokenSigner(read_secrets(settings.secret_file)).sign(operator, ttl_seconds)


OpenChannel = Callable[[str, TokenSource], grpc.aio.Channel]
"""Opens a channel to a service, whose calls carry the token; it is closed with the stack."""


class AccountScope:
    """What can be done within one account."""

    def __init__(self, account_id: str, dashboard: str, open_channel: OpenChannel, token: TokenSource) -> None:
        self.account_id = account_id
        self.dashboard = dashboard
        self.token = token
        self.members = people_pb2_grpc.MemberServiceStub(open_channel("auth", token))
        self.quota = quota_pb2_grpc.QuotaServiceStub(open_channel("quota", token))


class ChatbotScope:
    """What can be done within one chatbot."""

    def __init__(self, chatbot_id: str, open_channel: OpenChannel, token: TokenSource) -> None:
        self.chatbot_id = chatbot_id
        self.token = token
        retrieval, chat = open_channel("retrieval", token), open_channel("chat", token)
        self.retrieval = retrieval_pb2_grpc.RetrievalServiceStub(retrieval)
        self.sources = retrieval_pb2_grpc.SourceServiceStub(retrieval)
        self.qa_pairs = retrieval_pb2_grpc.QaPairServiceStub(retrieval)
        self.index = index_pb2_grpc.IndexServiceStub(retrieval)
        self.profile = chat_pb2_grpc.ChatbotProfileServiceStub(chat)
        self.sessions = chat_pb2_grpc.SessionServiceStub(chat)
        self.replays = replay_pb2_grpc.ReplayServiceStub(chat)
        self.reviews = chat_pb2_grpc.ReviewServiceStub(chat)
        self.appearance = visitor_pb2_grpc.AppearanceServiceStub(chat)
        self.widgets = widget_pb2_grpc.WidgetServiceStub(open_channel("auth", token))
        self.quota = quota_pb2_grpc.QuotaServiceStub(open_channel("quota", token))


class Stack:
    """One stack, for an operator. `dashboard` is the URL that links for people begin with."""

    def __init__(self, settings: Settings, dashboard: str, open_channel: OpenChannel) -> None:
        self.settings = settings
        self.dashboard = dashboard
        self._open_channel = open_channel
        token = RenewedToken(self._fetch_admin_token)
        auth = open_channel("auth", token)
        self.accounts = auth_pb2_grpc.AccountServiceStub(auth)
        self.chatbots = auth_pb2_grpc.ChatbotServiceStub(auth)
        self.keys = auth_pb2_grpc.ApiKeyServiceStub(auth)
        self.audit = auth_pb2_grpc.AuditServiceStub(auth)
        self.users = people_pb2_grpc.UserServiceStub(auth)
        self._tokens = auth_pb2_grpc.TokenServiceStub(auth)
        self.quota = quota_pb2_grpc.QuotaServiceStub(open_channel("quota", token))
        self.index = index_pb2_grpc.IndexServiceStub(open_channel("retrieval", token))
        self.sessions = chat_pb2_grpc.SessionServiceStub(open_channel("chat", token))

    async def chatbot(self, chatbot_id: str) -> ChatbotScope:
        """The scope of one chatbot. CommandFailed when there is no such chatbot."""
        request = auth_pb2.IssueScopedTokenRequest(chatbot_id=chatbot_id)
        with explain_missing("chatbot", chatbot_id, CHATBOTS):
            token = await self._scoped_token(request)
        return ChatbotScope(chatbot_id, self._open_channel, token)

    async def account(self, account_id: str) -> AccountScope:
        """The scope of one account. CommandFailed when there is no such account."""
        request = auth_pb2.IssueScopedTokenRequest(account_id=account_id)
        with explain_missing("account", account_id, ACCOUNTS):
            token = await self._scoped_token(request)
        return AccountScope(account_id, self.dashboard, self._open_channel, token)

    async def _scoped_token(self, request: auth_pb2.IssueScopedTokenRequest) -> TokenSource:
        async def fetch() -> tuple[str, float]:
            response = await self._tokens.IssueScopedToken(request)
            return response.token, response.expires_at

        token = RenewedToken(fetch)
        await token()
        return token

    async def _fetch_admin_token(self) -> tuple[str, float]:
        return admin_token(self.settings), system_clock() + ADMIN_TOKEN_SECONDS


@asynccontextmanager
async def open_stack(settings: Settings, endpoints: Endpoints | None = None) -> AsyncIterator[Stack]:
    """The stack at `endpoints`, or that of the settings. NotRunning when there is none."""
    endpoints = endpoints or find_endpoints(settings)
    tls = tls_to(endpoints, settings)
    async with AsyncExitStack() as channels:

        def open_channel(service: str, token: TokenSource) -> grpc.aio.Channel:
            target = grpc_target(endpoints.service(service))
            channel = open_secure_or_not(target, tls, BALANCED_OPTIONS, interceptors(token))
            channels.push_async_callback(channel.close)
            return channel

        # Of a stack elsewhere nothing is known but the settings.
        dashboard = settings.dashboard_url or endpoints.dashboard
        yield Stack(settings, dashboard or f"https://localhost:{settings.https_port}/dashboard/", open_channel)


def on_stack(work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A command's callback from a coroutine function that takes a stack first."""

    @functools.wraps(work)
    def callback(**parameters: Any) -> None:
        async def run() -> None:
            async with open_stack(load_settings()) as stack:
                await work(stack, **parameters)

        asyncio.run(run())

    return callback


def on_chatbot(work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The same from one that takes the scope of the chatbot that `bot_option` names."""

    @on_stack
    @functools.wraps(work)
    async def callback(stack: Stack, bot: str, **parameters: Any) -> None:
        await work(await stack.chatbot(bot), **parameters)

    return callback


def on_account(work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The same from one that takes the scope of the account that `account_option` names."""

    @on_stack
    @functools.wraps(work)
    async def callback(stack: Stack, account: str, **parameters: Any) -> None:
        await work(await stack.account(account), **parameters)

    return callback
