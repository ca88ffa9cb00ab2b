"""ApiKeyService: messages to rules and back. Secrets pass through here once, into the reply."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.keys import Keys
from services.auth.records import ApiKey
from services.auth.scope import current_scope
from services.auth.servicers.messages import api_key_message, id_in
from services.clock import Clock, now_ms


class ApiKeyServicer(auth_pb2_grpc.ApiKeyServiceServicer):
    """See auth.proto."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def CreateApiKey(self, request: auth_pb2.CreateApiKeyRequest, context: Any) -> auth_pb2.CreateApiKeyResponse:
        chatbot_id = id_in(request, "chatbot_id")
        expires_at = request.expires_at if request.HasField("expires_at") else None
        key, secret = await self._keys.create(current_scope(), chatbot_id, request.name, request.allowlist, expires_at)
        return auth_pb2.CreateApiKeyResponse(api_key=self._message(key), secret=secret)

    async def ListApiKeys(self, request: auth_pb2.ListApiKeysRequest, context: Any) -> auth_pb2.ListApiKeysResponse:
        keys = await self._keys.list(current_scope(), id_in(request, "chatbot_id"))
        return auth_pb2.ListApiKeysResponse(api_keys=map(self._message, keys))

    async def RotateApiKey(self, request: auth_pb2.RotateApiKeyRequest, context: Any) -> auth_pb2.RotateApiKeyResponse:
        key, secret = await self._keys.rotate(current_scope(), id_in(request, "api_key_id"))
        return auth_pb2.RotateApiKeyResponse(api_key=self._message(key), secret=secret)

    async def RevokeApiKey(self, request: auth_pb2.RevokeApiKeyRequest, context: Any) -> auth_pb2.RevokeApiKeyResponse:
        key = await self._keys.revoke(current_scope(), id_in(request, "api_key_id"))
        return auth_pb2.RevokeApiKeyResponse(api_key=self._message(key))

    async def SetApiKeyAllowlist(
        self, request: auth_pb2.SetApiKeyAllowlistRequest, context: Any
    ) -> auth_pb2.SetApiKeyAllowlistResponse:
        key = await self._keys.set_allowlist(current_scope(), id_in(request, "api_key_id"), request.allowlist)
        return auth_pb2.SetApiKeyAllowlistResponse(api_key=self._message(key))

    def _message(self, key: ApiKey) -> auth_pb2.ApiKey:
        return api_key_message(key, now_ms(self._clock))
