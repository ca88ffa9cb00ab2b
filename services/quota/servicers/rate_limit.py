"""Envoy's rate limit service: asked when a key was accepted, and where anybody may come."""

import logging
from collections.abc import Awaitable, Mapping
from typing import Any

from envoy.config.core.v3.base_pb2 import HeaderValue
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from google.protobuf.duration_pb2 import Duration

from services.contract import RATE_LIMIT_DOMAIN
from services.errors import Reason, invalid
from services.observe.metrics import count_refusal
from services.quota.rate_limits import RateLimits, Verdict
from services.quota.widget_rate_limits import WidgetRateLimits
from services.windows.window import Window

logger = logging.getLogger("chatmount.quota")

METHOD = "envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
LOOKING_METHODS = ("GET", "HEAD")

_REASON = {"X-RateLimit-Reason": Reason.MINUTE_LIMIT.limit}

Response = rls_pb2.RateLimitResponse


class RateLimitServicer(rls_pb2_grpc.RateLimitServiceServicer):  # type: ignore[misc]
    """Expects domain `chatmount` and one descriptor with the entries of a door.

    Those are `key_id` and `plan`, or `door=page`, `masked_remote_address` and `method`, or of a widget `limit`,
    `masked_remote_address`, and either `path` and perhaps `origin`, or `widget` and `chatbot`. A request that is
    anything else means that the edge is set up wrongly. It is answered with an error and not with OK, so that the edge
    refuses too: a limit that silently is none would be found last.
    """

    def __init__(self, rate_limits: RateLimits, of_widgets: WidgetRateLimits) -> None:
        self._rate_limits = rate_limits
        self._of_widgets = of_widgets

    async def ShouldRateLimit(self, request: rls_pb2.RateLimitRequest, context: Any) -> rls_pb2.RateLimitResponse:
        """Counts the request in the window of its key, or in those of its address and its widget."""
        if request.domain == RATE_LIMIT_DOMAIN and len(request.descriptors) == 1:
            match {entry.key: entry.value for entry in request.descriptors[0].entries}:
                case {"door": "page", "masked_remote_address": address, "method": method}:
                    is_look = method in LOOKING_METHODS
                    return _response(await self._rate_limits.hit_page(address, is_look=is_look), {})
                case {"key_id": key_id, "plan": plan} if key_id:
                    verdict = await self._rate_limits.hit(key_id, plan)
                    return _response(verdict, _window_headers(verdict.window))
                case {"limit": _, "masked_remote_address": address, **place} as entries if address and all(
                    value or name == "origin" for name, value in place.items()
                ):
                    if (hit := self._of_visitor(entries)) is not None:
                        verdict = await hit
                        return _response(verdict, {} if verdict.window.allowed else _REASON)
        logger.error("the edge asked for a rate limit without naming whose (domain %r)", request.domain)
        raise invalid(f"Expected domain {RATE_LIMIT_DOMAIN} and one descriptor with the entries of a door.")

    def _of_visitor(self, entries: Mapping[str, str]) -> Awaitable[Verdict] | None:
        match entries:
            case {"limit": "widget_ticket", "masked_remote_address": address, "path": path}:
                return self._of_widgets.hit_ticket(address, path, entries.get("origin", ""))
            case {"limit": "widget_frame", "masked_remote_address": address}:
                return self._of_widgets.hit_frame(address)
            case {
                "limit": "widget_message",
                "masked_remote_address": address,
                "widget": widget,
                "chatbot": chatbot,
            }:
                return self._of_widgets.hit_message(address, widget, chatbot)
            case {
                "limit": "widget_conversation",
                "masked_remote_address": address,
                "widget": widget,
                "chatbot": chatbot,
            }:
                return self._of_widgets.hit_conversation(address, widget, chatbot)
        return None


def _window_headers(window: Window) -> dict[str, str]:
    headers = {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset_at),
    }
    return headers if window.allowed else headers | _REASON


def _response(verdict: Verdict, headers: Mapping[str, str]) -> rls_pb2.RateLimitResponse:
    window = verdict.window
    if not window.allowed:
        count_refusal(METHOD, Reason.MINUTE_LIMIT)
    code = Response.OK if window.allowed else Response.OVER_LIMIT
    wait = {} if window.allowed else {"Retry-After": str(verdict.retry_after)}
    status = Response.DescriptorStatus(
        code=code,
        current_limit=Response.RateLimit(requests_per_unit=window.limit, unit=Response.RateLimit.MINUTE),
        limit_remaining=window.remaining,
        duration_until_reset=Duration(seconds=verdict.retry_after),
    )
    return Response(
        overall_code=code,
        statuses=[status],
        response_headers_to_add=[HeaderValue(key=name, value=value) for name, value in {**headers, **wait}.items()],
        raw_body=verdict.text.encode(),
    )
