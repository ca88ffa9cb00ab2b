"""Calls to the four services, with the token of whoever asked and the id of their request."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import grpc
from chatmount.auth.v1 import auth_pb2_grpc, people_pb2_grpc, widget_pb2_grpc
from chatmount.chat.v1 import chat_pb2_grpc, replay_pb2_grpc, visitor_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2_grpc
from google.protobuf.message import Message

from services.config.addresses import grpc_target
from services.config.settings import Settings, SettingsError
from services.errors import ChatmountError, Text, from_rpc_error, refusal
from services.observe.spans import current_span
from services.request_id import REQUEST_ID_HEADER, request_id
from services.rpc.channels import BALANCED_OPTIONS
from services.trust.principal import SERVICES
from services.trust.transport import InternalTls, open_secure_or_not

logger = logging.getLogger("chatmount.web")

CALL_SECONDS = 5.0
LONG_CALL_SECONDS = 40.0
"""For what touches all that a chatbot has; a token and the edge have a minute."""

_SILENT = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)
Metadata = Sequence[tuple[str, str]]


class Services:
    """The stubs of all services that pages call."""

    def __init__(
        self, auth: grpc.aio.Channel, quota: grpc.aio.Channel, retrieval: grpc.aio.Channel, chat: grpc.aio.Channel
    ) -> None:
        self.accounts = auth_pb2_grpc.AccountServiceStub(auth)
        self.chatbots = auth_pb2_grpc.ChatbotServiceStub(auth)
        self.keys = auth_pb2_grpc.ApiKeyServiceStub(auth)
        self.tokens = auth_pb2_grpc.TokenServiceStub(auth)
        self.audit = auth_pb2_grpc.AuditServiceStub(auth)
        self.sign_in = people_pb2_grpc.SignInServiceStub(auth)
        self.users = people_pb2_grpc.UserServiceStub(auth)
        self.members = people_pb2_grpc.MemberServiceStub(auth)
        self.widgets = widget_pb2_grpc.WidgetServiceStub(auth)
        self.quota = quota_pb2_grpc.QuotaServiceStub(quota)
        self.retrieval = retrieval_pb2_grpc.RetrievalServiceStub(retrieval)
        self.sources = retrieval_pb2_grpc.SourceServiceStub(retrieval)
        self.pairs = retrieval_pb2_grpc.QaPairServiceStub(retrieval)
        self.chat = chat_pb2_grpc.ChatServiceStub(chat)
        self.profiles = chat_pb2_grpc.ChatbotProfileServiceStub(chat)
        self.sessions = chat_pb2_grpc.SessionServiceStub(chat)
        self.replays = replay_pb2_grpc.ReplayServiceStub(chat)
        self.reviews = chat_pb2_grpc.ReviewServiceStub(chat)
        self.appearances = visitor_pb2_grpc.AppearanceServiceStub(chat)


@asynccontextmanager
async def open_services(settings: Settings, tls: InternalTls | None) -> AsyncIterator[Services]:
    """Stubs with a connection of their own to each service; they connect when they are used.

    SettingsError when the settings don't say where one of them is.
    """
    for service in SERVICES:
        if not getattr(settings, f"{service}_address"):
            raise SettingsError(
                f"CHATMOUNT_{service.upper()}_ADDRESS must say where the {service.capitalize()} service is (host:port)."
            )
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                open_secure_or_not(grpc_target(getattr(settings, f"{service}_address")), tls, BALANCED_OPTIONS)
            )
            for service in SERVICES
        ]
        yield Services(*channels)


def metadata(token: str) -> Metadata:
    """What every call carries."""
    return (("authorization", f"Bearer {token}"), (REQUEST_ID_HEADER, request_id.get()), *current_span().metadata)


async def call(
    method: "grpc.aio.UnaryUnaryMultiCallable[Request, Reply]",
    request: Request,
    token: str,
    seconds: float = CALL_SECONDS,
) -> Reply:
    """The reply of a unary method. ChatmountError for whatever went wrong."""
    try:
        return await method(request, timeout=seconds, metadata=metadata(token))
    except grpc.aio.AioRpcError as error:
        raise refusal_of(error, request) from error


def refusal_of(error: grpc.aio.AioRpcError, request: Message) -> ChatmountError:
    """What a page may say of a call that failed; `request` tells which service was asked."""
    sent = from_rpc_error(error)
    if sent is not None:
        return sent
    service = request.DESCRIPTOR.full_name.split(".")[1]
    if error.code() in _SILENT:
        return refusal(Text.SERVICE_SILENT, service=service.capitalize())
    logger.error("%s refused without a reason: %s %s", service, error.code().name, error.details())
    return refusal(Text.INTERNAL)
