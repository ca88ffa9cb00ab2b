"""ApiKeyService: messages to rules and back. Secrets pass through here once, into the reply."""

from typing import Any

from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import auth_pb2_grpc

from services.auth.api_keys import Keys
from services.auth.records import ApiKey
from services.auth.scope import current_scope
from services.auth.servicers.messages import api_key_message, id_in
from services.clock import Clock, now_ms


class ApiKeyServicer(auth_pb2_grpc.ApiKeyServiceServicer):
    """See auth.proto."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def CreateApiKey(self, request: pb.CreateApiKeyRequest, context: Any) -> pb.CreateApiKeyResponse:
        chatbot_id = id_in(request, "chatbot_id")
        expires_at = request.expires_at if request.HasField("expires_at") else None
        key, secret = await self._keys.create(
            current_scope(), chatbot_id, request.name, request.allowlist, expires_at, request.creation_id
        )
        return pb.CreateApiKeyResponse(api_key=self._message(key), secret=secret)

    async def ListApiKeys(self, request: pb.ListApiKeysRequest, context: Any) -> pb.ListApiKeysResponse:
        keys = await self._keys.list(current_scope(), id_in(request, "chatbot_id"))
        return pb.ListApiKeysResponse(api_keys=map(self._message, keys))

    async def RotateApiKey(self, request: pb.RotateApiKeyRequest, context: Any) -> pb.RotateApiKeyResponse:
        key, secret = await self._keys.rotate(current_scope(), id_in(request, "api_key_id"), request.last4)
        return pb.RotateApiKeyResponse(api_key=self._message(key), secret=secret)

    async def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, context: Any) -> pb.RevokeApiKeyResponse:
        key = await self._keys.revoke(current_scope(), id_in(request, "api_key_id"))
        return pb.RevokeApiKeyResponse(api_key=self._message(key))

    async def SetApiKeyAllowlist(
        self, request: pb.SetApiKeyAllowlistRequest, context: Any
    ) -> pb.SetApiKeyAllowlistResponse:
        key = await self._keys.set_allowlist(current_scope(), id_in(request, "api_key_id"), request.allowlist)
        return pb.SetApiKeyAllowlistResponse(api_key=self._message(key))

    def _message(self, key: ApiKey) -> pb.ApiKey:
        return api_key_message(key, now_ms(self._clock))
