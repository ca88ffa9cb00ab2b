"""ChatbotService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.chatbots import Chatbots
from services.auth.fields import check_id
from services.auth.scope import OperatorScope
from services.auth.servicers.messages import chatbot_message
from services.rpc.pages import page_position, page_size, page_token
from services.trust.principal import current_principal


class ChatbotServicer(auth_pb2_grpc.ChatbotServiceServicer):
    """See auth.proto."""

    def __init__(self, chatbots: Chatbots) -> None:
        self._chatbots = chatbots

    async def CreateChatbot(
        self, request: auth_pb2.CreateChatbotRequest, context: Any
    ) -> auth_pb2.CreateChatbotResponse:
        account_id = check_id(request.account_id, "account_id", "account")
        chatbot = await self._chatbots.create(_scope(), account_id, request.name)
        return auth_pb2.CreateChatbotResponse(chatbot=chatbot_message(chatbot))

    async def GetChatbot(self, request: auth_pb2.GetChatbotRequest, context: Any) -> auth_pb2.GetChatbotResponse:
        chatbot = await self._chatbots.get(_scope(), _chatbot_id(request.chatbot_id))
        return auth_pb2.GetChatbotResponse(chatbot=chatbot_message(chatbot))

    async def ListChatbots(self, request: auth_pb2.ListChatbotsRequest, context: Any) -> auth_pb2.ListChatbotsResponse:
        account_id = request.account_id and check_id(request.account_id, "account_id", "account")
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        page = await self._chatbots.list(_scope(), account_id, after, size)
        return auth_pb2.ListChatbotsResponse(
            chatbots=[chatbot_message(chatbot) for chatbot in page.items],
            next_page_token=page_token(page.next_position) if page.next_position is not None else "",
        )

    async def SetChatbotEnabled(
        self, request: auth_pb2.SetChatbotEnabledRequest, context: Any
    ) -> auth_pb2.SetChatbotEnabledResponse:
        chatbot = await self._chatbots.set_enabled(_scope(), _chatbot_id(request.chatbot_id), request.enabled)
        return auth_pb2.SetChatbotEnabledResponse(chatbot=chatbot_message(chatbot))

    async def DeleteChatbot(
        self, request: auth_pb2.DeleteChatbotRequest, context: Any
    ) -> auth_pb2.DeleteChatbotResponse:
        await self._chatbots.delete(_scope(), _chatbot_id(request.chatbot_id))
        return auth_pb2.DeleteChatbotResponse()


def _scope() -> OperatorScope:
    return OperatorScope.of(current_principal())


def _chatbot_id(text: str) -> str:
    return check_id(text, "chatbot_id", "chatbot")
