"""The door of the public API: a signed principal takes the place of a right key."""

from functools import lru_cache

import grpc
from envoy.service.auth.v3 import external_auth_pb2

from services.auth.decision import Admission
from services.auth.doors.messages import admitted, client_address, denied, request_header
from services.auth.key_check import Denial, KeyCheck
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import CACHE_SIZE, TokenSigner


class ApiKeyDoor:
    """Lets requests with an API key through to the chat service."""

    def __init__(self, key_check: KeyCheck, signer: TokenSigner) -> None:
        self._key_check = key_check
        self._signer = signer

    async def check(self, request: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
        """What Envoy is to do with a request."""
        verdict = await self._key_check.check(request_header(request, "authorization"), client_address(request))
        return _denied(verdict) if isinstance(verdict, Denial) else self._admitted(verdict)

    def _admitted(self, admission: Admission) -> external_auth_pb2.CheckResponse:
        grant = admission.grant
        tenant = {name: getattr(grant, name) for name in ("account_id", "chatbot_id", "key_id", "plan")}
        principal = Principal(role=Role.ROLE_API_KEY, channel=Channel.API, **tenant)
        token = self._signer.sign_for_a_call(principal, "chat")
        return _admitted(token, **tenant, requests_per_minute=admission.requests_per_minute)


@lru_cache(CACHE_SIZE)
def _admitted(token: str, **metadata: str | int) -> external_auth_pb2.CheckResponse:
    # Requests that are close together have the same token, and so the same response.
    return admitted(token, metadata=metadata)


def _denied(denial: Denial) -> external_auth_pb2.CheckResponse:
    reason, window = denial.refusal.reason, denial.window
    headers = {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset_at),
    }
    if reason.status is grpc.StatusCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if reason.limit:
        headers["X-RateLimit-Reason"] = reason.limit
    if denial.refusal.retry_after is not None:
        headers["Retry-After"] = str(denial.refusal.retry_after)
    return denied(denial.refusal, headers)
