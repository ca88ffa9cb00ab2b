"""The names of an account's chatbots, for pages on which several of them appear."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatmount.auth.v1 import auth_pb2

from services.web.dashboard.views import Chatbot
from services.web.dashboard.visit import Visit

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ChatbotNames:
    """The chatbots that there are, oldest first. What happened to others is still told of."""

    chatbots: Mapping[str, Chatbot]

    def of(self, chatbot_id: str) -> str:
        """What a chatbot is called."""
        chatbot = self.chatbots.get(chatbot_id)
        return f"{chatbot_id} (deleted)" if chatbot is None else chatbot.name

    def path(self, chatbot_id: str) -> str:
        """Where its pages begin; "" when it is gone."""
        chatbot = self.chatbots.get(chatbot_id)
        return "" if chatbot is None else chatbot.path

    def options(self, chosen: str) -> list[tuple[str, str]]:
        """What a form offers to choose from, with what is chosen."""
        options = [("", "All chatbots"), *((chatbot.id, chatbot.name) for chatbot in self.chatbots.values())]
        return options if chosen in ("", *self.chatbots) else [*options, (chosen, self.of(chosen))]


async def chatbot_names(visit: Visit) -> ChatbotNames:
    """Those of the account of the visit."""
    chatbots: dict[str, Chatbot] = {}
    page_token = ""
    while True:
        request = auth_pb2.ListChatbotsRequest(account_id=visit.account.id, page_size=AT_ONCE, page_token=page_token)
        listed = await visit.call(visit.services.chatbots.ListChatbots, request)
        chatbots |= {chatbot.id: Chatbot.of(chatbot) for chatbot in listed.chatbots}
        page_token = listed.next_page_token
        if not page_token:
            return ChatbotNames(chatbots)
