"""The door of questions, where Quota is in the same process: the key, and then its minute.

Elsewhere Envoy asks Quota itself. Here it would cost a second call over the wire for each question.
"""

import logging
from collections.abc import Awaitable
from typing import Protocol

from envoy.config.core.v3.base_pb2 import HeaderValue
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from envoy.service.ratelimit.v3 import rls_pb2
from grpc import StatusCode

from services.auth.doors.messages import Door, replacing
from services.contract import RATE_LIMIT_DOMAIN
from services.errors import ChatmountError, Reason

logger = logging.getLogger("chatmount.auth")

LIMIT_SECONDS = 2.5
ENTRIES = ("key_id", "plan")
"""Of Envoy's metadata: the same as its own filter would send, see envoy.yaml."""


class Limits(Protocol):
    """Quota's rate limit service."""

    def ShouldRateLimit(
        self, request: rls_pb2.RateLimitRequest, *, timeout: float
    ) -> Awaitable[rls_pb2.RateLimitResponse]:
        """Count a request, and say whether it may pass."""
        ...


class QuestionDoor:
    """Lets those through that the door of API keys admits and that Quota does not refuse."""

    def __init__(self, keys: Door, limits: Limits) -> None:
        self._keys = keys
        self._limits = limits

    async def check(self, request: CheckRequest) -> CheckResponse:
        """What Envoy is to do with a request."""
        admission = await self._keys(request)
        if not admission.HasField("ok_response"):
            return admission
        try:
            limit = await self._limits.ShouldRateLimit(_hit(admission), timeout=LIMIT_SECONDS)
        except ChatmountError as error:
            logger.warning("Quota did not tell a key's minute (%s)", error.status.name)
            # Envoy says what of it is public, and by the metadata which limit the key has.
            return _refused(admission, StatusCode.UNAVAILABLE, Reason.UNAVAILABLE.http_status)
        if limit.overall_code == rls_pb2.RateLimitResponse.OK:
            return _admitted(admission, limit.response_headers_to_add)
        reason = Reason.MINUTE_LIMIT
        response = _refused(admission, reason.status, reason.http_status)
        response.denied_response.body = limit.raw_body.decode()
        response.denied_response.headers.extend(replacing(each) for each in limit.response_headers_to_add)
        return response


def _hit(admission: CheckResponse) -> rls_pb2.RateLimitRequest:
    known = admission.dynamic_metadata.fields
    entries = [RateLimitDescriptor.Entry(key=name, value=known[name].string_value) for name in ENTRIES]
    return rls_pb2.RateLimitRequest(domain=RATE_LIMIT_DOMAIN, descriptors=[RateLimitDescriptor(entries=entries)])


def _admitted(admission: CheckResponse, headers: list[HeaderValue]) -> CheckResponse:
    # A copy: the admission is kept for the key's next request.
    response = CheckResponse()
    response.CopyFrom(admission)
    response.ok_response.response_headers_to_add.extend(replacing(each) for each in headers)
    return response


def _refused(admission: CheckResponse, code: StatusCode, http_status: int) -> CheckResponse:
    """Whose request it was stays known. Quota has counted the refusal."""
    response = CheckResponse(dynamic_metadata=admission.dynamic_metadata)
    response.status.code = code.value[0]
    response.denied_response.status.code = http_status
    return response
