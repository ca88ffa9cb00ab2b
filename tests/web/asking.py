"""Questions to a chatbot of a dashboard, as programs ask them."""

from uuid import uuid4

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.request_id import REQUEST_ID_HEADER
from services.trust.principal import Channel, Principal, Role
from tests.web.dashboard import Dashboard


async def ask(
    dashboard: Dashboard, question: str, session_id: str = "visitor", channel: Channel = Channel.API, later: float = 0.0
) -> str:
    """The id of the request. `later`: so many seconds pass before."""
    dashboard.clock.now += later
    chatbot = dashboard.chatbot
    key = Principal(Role.ROLE_API_KEY, chatbot.account_id, chatbot.id, "key_1", "plus", channel)
    request_id = str(uuid4())
    token = dashboard.signer.sign(key, audience=("chat",))
    await chat_pb2_grpc.ChatServiceStub(dashboard.services["chat"].channel).Chat(
        chat_pb2.ChatRequest(message=question, session_id=session_id),
        metadata=(("authorization", f"Bearer {token}"), (REQUEST_ID_HEADER, request_id)),
    )
    return request_id
