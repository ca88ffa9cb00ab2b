"""ChatbotProfileService: how a chatbot speaks."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.own_words import fallback_in
from services.chat.profile import Profile, ProfileChange, checked_change
from services.chat.store.profiles import ProfileStore
from services.rpc.interceptors import Context
from services.rpc.messages import to_message
from services.trust.principal import current_principal

profile_message = to_message(
    Profile,
    chat_pb2.Profile,
    model=lambda profile: profile.wishes.model,
    temperature=lambda profile: profile.wishes.temperature,
    answer_tokens=lambda profile: profile.wishes.maximum_tokens,
)


class ProfileServicer(chat_pb2_grpc.ChatbotProfileServiceServicer):
    """The profile of the chatbot in the caller's token."""

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    async def GetProfile(self, request: chat_pb2.GetProfileRequest, context: Context) -> chat_pb2.GetProfileResponse:
        profile = await self._store.profile(current_principal().chatbot_id)
        said = fallback_in(request.language, profile.fallback)
        return chat_pb2.GetProfileResponse(profile=profile_message(profile), said_fallback=said)

    async def UpdateProfile(
        self, request: chat_pb2.UpdateProfileRequest, context: Context
    ) -> chat_pb2.UpdateProfileResponse:
        change = ProfileChange(**{field.name: value for field, value in request.ListFields()})
        profile = await self._store.change(current_principal().chatbot_id, checked_change(change))
        return chat_pb2.UpdateProfileResponse(profile=profile_message(profile))
