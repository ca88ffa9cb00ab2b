"""ChatbotProfileService: how a chatbot speaks."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from grpc.aio import ServicerContext

from services.chat.profile import Profile, ProfileChange, checked_change
from services.chat.store.conversations import ChatStore
from services.trust.principal import current_principal


class ProfileServicer(chat_pb2_grpc.ChatbotProfileServiceServicer):
    """The profile of the chatbot in the caller's token."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    async def GetProfile(
        self,
        request: chat_pb2.GetProfileRequest,
        context: ServicerContext[chat_pb2.GetProfileRequest, chat_pb2.GetProfileResponse],
    ) -> chat_pb2.GetProfileResponse:
        profile = await self._store.profile(current_principal().chatbot_id)
        return chat_pb2.GetProfileResponse(profile=_message(profile))

    async def UpdateProfile(
        self,
        request: chat_pb2.UpdateProfileRequest,
        context: ServicerContext[chat_pb2.UpdateProfileRequest, chat_pb2.UpdateProfileResponse],
    ) -> chat_pb2.UpdateProfileResponse:
        change = ProfileChange(
            instructions=request.instructions if request.HasField("instructions") else None,
            fallback=request.fallback if request.HasField("fallback") else None,
            abstention_threshold=(request.abstention_threshold if request.HasField("abstention_threshold") else None),
            model=request.model if request.HasField("model") else None,
            temperature=request.temperature if request.HasField("temperature") else None,
            answer_tokens=request.answer_tokens if request.HasField("answer_tokens") else None,
        )
        profile = await self._store.change_profile(current_principal().chatbot_id, checked_change(change))
        return chat_pb2.UpdateProfileResponse(profile=_message(profile))


def _message(profile: Profile) -> chat_pb2.Profile:
    return chat_pb2.Profile(
        instructions=profile.instructions,
        fallback=profile.fallback,
        abstention_threshold=profile.abstention_threshold,
        model=profile.wishes.model,
        temperature=profile.wishes.temperature,
        answer_tokens=profile.wishes.maximum_tokens,
    )
