"""AppearanceService: how a chatbot's widget looks."""

from typing import Any

from chatmount.chat.v1 import visitor_pb2, visitor_pb2_grpc

from services.chat.appearance import Appearance, checked_changes
from services.chat.store.appearances import AppearanceStore
from services.errors import invalid
from services.rpc.interceptors import Context
from services.rpc.messages import to_message
from services.trust.principal import current_principal

appearance_message = to_message(Appearance, visitor_pb2.Appearance)


class AppearanceServicer(visitor_pb2_grpc.AppearanceServiceServicer):
    """The appearance of the chatbot in the caller's token."""

    def __init__(self, store: AppearanceStore) -> None:
        self._store = store

    async def GetAppearance(
        self, request: visitor_pb2.GetAppearanceRequest, context: Context
    ) -> visitor_pb2.GetAppearanceResponse:
        appearance = await self._store.appearance(current_principal().chatbot_id)
        return visitor_pb2.GetAppearanceResponse(appearance=appearance_message(appearance))

    async def UpdateAppearance(
        self, request: visitor_pb2.UpdateAppearanceRequest, context: Context
    ) -> visitor_pb2.UpdateAppearanceResponse:
        changes = {name: _value(request.appearance, name) for name in request.update_mask.paths}
        appearance = await self._store.change(current_principal().chatbot_id, checked_changes(changes))
        return visitor_pb2.UpdateAppearanceResponse(appearance=appearance_message(appearance))


def _value(appearance: visitor_pb2.Appearance, name: str) -> Any:
    field = appearance.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise invalid(f"update_mask names {name}, which is no setting of an appearance.")
    value = getattr(appearance, name)
    return tuple(value) if field.is_repeated else value
