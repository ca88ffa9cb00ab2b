"""Envoy's rate limit service: the edge asks it for every request whose key was accepted."""

import logging
from typing import Any

from envoy.config.core.v3.base_pb2 import HeaderValue
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from google.protobuf.duration_pb2 import Duration

from services.errors import Reason, invalid
from services.quota.rate_limits import RateLimits, Verdict

logger = logging.getLogger("chatmount.quota")

DOMAIN = "chatmount"

Response = rls_pb2.RateLimitResponse


class RateLimitServicer(rls_pb2_grpc.RateLimitServiceServicer):  # type: ignore[misc]
    """Expects domain `chatmount` and one descriptor with the entries `key_id` and `plan`.

    A request that is anything else means that the edge is set up wrongly. It is answered with an error and not with
    OK, so that the edge refuses too: a limit that silently is none would be found last.
    """

    def __init__(self, rate_limits: RateLimits) -> None:
        self._rate_limits = rate_limits

    async def ShouldRateLimit(self, request: rls_pb2.RateLimitRequest, context: Any) -> rls_pb2.RateLimitResponse:
        """Counts the request in its key's window."""
        key_id, plan = _key_and_plan(request)
        return _response(await self._rate_limits.hit(key_id, plan))


def _key_and_plan(request: rls_pb2.RateLimitRequest) -> tuple[str, str]:
    if request.domain == DOMAIN and len(request.descriptors) == 1:
        entries = {entry.key: entry.value for entry in request.descriptors[0].entries}
        if entries.get("key_id") and "plan" in entries:
            return entries["key_id"], entries["plan"]
    logger.error("the edge asked for a rate limit without naming one key and its plan (domain %r)", request.domain)
    raise invalid(f"Expected domain {DOMAIN} and one descriptor with the entries key_id and plan.")


def _response(verdict: Verdict) -> rls_pb2.RateLimitResponse:
    window = verdict.window
    headers = {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset_at),
    }
    code = Response.OK
    if not window.allowed:
        code = Response.OVER_LIMIT
        headers |= {"X-RateLimit-Reason": Reason.MINUTE_LIMIT.limit, "Retry-After": str(verdict.retry_after)}
    status = Response.DescriptorStatus(
        code=code,
        current_limit=Response.RateLimit(requests_per_unit=window.limit, unit=Response.RateLimit.MINUTE),
        limit_remaining=window.remaining,
        duration_until_reset=Duration(seconds=verdict.retry_after),
    )
    return Response(
        overall_code=code,
        statuses=[status],
        response_headers_to_add=[HeaderValue(key=name, value=value) for name, value in headers.items()],
        raw_body=verdict.text.encode(),
    )
