"""Envoy's ext_authz: which door a request stands at."""

from collections.abc import Mapping
from typing import Any

from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc

from services.auth.doors.messages import Door, denied
from services.errors import Text, refusal

DOOR = "door"
API_KEY_DOOR, QUESTION_DOOR, SESSION_DOOR, WIDGET_DOOR = "", "question", "session", "widget"


class CheckServicer(external_auth_pb2_grpc.AuthorizationServicer):  # type: ignore[misc]  # comes without types
    """Check: the routes of Envoy's configuration name the door; "" is that of API keys."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    async def Check(self, request: external_auth_pb2.CheckRequest, context: Any) -> external_auth_pb2.CheckResponse:
        door = self._doors.get(request.attributes.context_extensions.get(DOOR, API_KEY_DOOR))
        if door is None:
            return denied(refusal(Text.NO_ACCESS_RULE), {})
        return await door(request)
