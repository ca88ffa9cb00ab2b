"""Visitors of websites: what they ask in the widget of a dashboard's chatbot, and how they rate the answers."""

from typing import Any
from uuid import uuid4

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.request_id import REQUEST_ID_HEADER
from services.trust.principal import Channel, Principal, Role
from tests.web.dashboard import Dashboard

CONVERSATION = "cnv_1"


def visitor(dashboard: Dashboard, conversation: str = CONVERSATION) -> Principal:
    """Who asks in this conversation, which they may begin."""
    chatbot = dashboard.chatbot
    return Principal(
        Role.ROLE_VISITOR,
        chatbot.account_id,
        chatbot.id,
        f"wgt_1:{'0' * 32}",
        "plus",
        Channel.WIDGET,
        visitor_digest="0" * 64,
        conversation_id=conversation,
        may_begin=True,
    )


async def visit(dashboard: Dashboard, question: str, conversation: str = CONVERSATION) -> str:
    """The id of the request."""
    request_id = str(uuid4())
    token = dashboard.signer.sign(visitor(dashboard, conversation), audience=("chat",))
    stub = chat_pb2_grpc.ChatServiceStub(dashboard.services["chat"].channel)
    metadata = (("authorization", f"Bearer {token}"), (REQUEST_ID_HEADER, request_id))
    async for _ in stub.StreamChat(chat_pb2.StreamChatRequest(message=question), metadata=metadata):
        pass
    return request_id


async def rate(dashboard: Dashboard, request_id: str, conversation: str = CONVERSATION, **rated: Any) -> None:
    """`rating` and `comment`, of an answer."""
    await dashboard.call("chat", "RateTurn", visitor(dashboard, conversation), request_id=request_id, **rated)
