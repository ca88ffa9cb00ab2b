"""ChatbotService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.chatbots import Chatbots
from services.auth.scope import current_scope
from services.auth.servicers.messages import chatbot_message, id_in, position_of
from services.rpc.pages import cut_page, page_position, page_size


class ChatbotServicer(auth_pb2_grpc.ChatbotServiceServicer):
    """See auth.proto."""

    def __init__(self, chatbots: Chatbots) -> None:
        self._chatbots = chatbots

    async def CreateChatbot(
        self, request: auth_pb2.CreateChatbotRequest, context: Any
    ) -> auth_pb2.CreateChatbotResponse:
        account_id = id_in(request, "account_id")
        chatbot = await self._chatbots.create(current_scope(), account_id, request.name)
        return auth_pb2.CreateChatbotResponse(chatbot=chatbot_message(chatbot))

    async def GetChatbot(self, request: auth_pb2.GetChatbotRequest, context: Any) -> auth_pb2.GetChatbotResponse:
        chatbot = await self._chatbots.get(current_scope(), id_in(request, "chatbot_id"))
        return auth_pb2.GetChatbotResponse(chatbot=chatbot_message(chatbot))

    async def ListChatbots(self, request: auth_pb2.ListChatbotsRequest, context: Any) -> auth_pb2.ListChatbotsResponse:
        account_id = id_in(request, "account_id", required=False)
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        found = await self._chatbots.list(current_scope(), account_id, after, size)
        chatbots, token = cut_page(found, size, position_of)
        return auth_pb2.ListChatbotsResponse(chatbots=map(chatbot_message, chatbots), next_page_token=token)

    async def SetChatbotEnabled(
        self, request: auth_pb2.SetChatbotEnabledRequest, context: Any
    ) -> auth_pb2.SetChatbotEnabledResponse:
        chatbot = await self._chatbots.set_enabled(current_scope(), id_in(request, "chatbot_id"), request.enabled)
        return auth_pb2.SetChatbotEnabledResponse(chatbot=chatbot_message(chatbot))

    async def DeleteChatbot(
        self, request: auth_pb2.DeleteChatbotRequest, context: Any
    ) -> auth_pb2.DeleteChatbotResponse:
        await self._chatbots.delete(current_scope(), id_in(request, "chatbot_id"))
        return auth_pb2.DeleteChatbotResponse()
