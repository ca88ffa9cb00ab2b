"""ChatbotService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import auth_pb2_grpc

from services.auth.chatbots import Chatbots
from services.auth.scope import current_scope
from services.auth.servicers.messages import chatbot_message, id_in, position_of
from services.rpc.pages import cut_page, page_position, page_size


class ChatbotServicer(auth_pb2_grpc.ChatbotServiceServicer):
    """See auth.proto."""

    def __init__(self, chatbots: Chatbots) -> None:
        self._chatbots = chatbots

    async def CreateChatbot(self, request: pb.CreateChatbotRequest, context: Any) -> pb.CreateChatbotResponse:
        account_id = id_in(request, "account_id")
        chatbot = await self._chatbots.create(current_scope(), account_id, request.name, request.creation_id)
        return pb.CreateChatbotResponse(chatbot=chatbot_message(chatbot))

    async def GetChatbot(self, request: pb.GetChatbotRequest, context: Any) -> pb.GetChatbotResponse:
        chatbot = await self._chatbots.get(current_scope(), id_in(request, "chatbot_id"))
        return pb.GetChatbotResponse(chatbot=chatbot_message(chatbot))

    async def ListChatbots(self, request: pb.ListChatbotsRequest, context: Any) -> pb.ListChatbotsResponse:
        account_id = id_in(request, "account_id", required=False)
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        found = await self._chatbots.list(current_scope(), account_id, after, size)
        chatbots, token = cut_page(found, size, position_of)
        return pb.ListChatbotsResponse(chatbots=map(chatbot_message, chatbots), next_page_token=token)

    async def UpdateChatbot(self, request: pb.UpdateChatbotRequest, context: Any) -> pb.UpdateChatbotResponse:
        name = request.name if request.HasField("name") else None
        chatbot = await self._chatbots.update(current_scope(), id_in(request, "chatbot_id"), name)
        return pb.UpdateChatbotResponse(chatbot=chatbot_message(chatbot))

    async def SetChatbotEnabled(
        self, request: pb.SetChatbotEnabledRequest, context: Any
    ) -> pb.SetChatbotEnabledResponse:
        chatbot = await self._chatbots.set_enabled(current_scope(), id_in(request, "chatbot_id"), request.enabled)
        return pb.SetChatbotEnabledResponse(chatbot=chatbot_message(chatbot))

    async def DeleteChatbot(self, request: pb.DeleteChatbotRequest, context: Any) -> pb.DeleteChatbotResponse:
        await self._chatbots.delete(current_scope(), id_in(request, "chatbot_id"))
        return pb.DeleteChatbotResponse()
