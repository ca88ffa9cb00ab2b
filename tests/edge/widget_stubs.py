"""The widget's part of the stubs: tickets, limits, and a visitor's conversation."""

import asyncio
from typing import Any

import grpc
from chatmount.chat.v1 import visitor_pb2, visitor_pb2_grpc
from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import external_auth_pb2
from envoy.service.ratelimit.v3 import rls_pb2
from envoy.type.v3 import http_status_pb2
from google.protobuf import struct_pb2
from google.rpc import code_pb2, status_pb2

BUSY_WIDGET = "wgt_busy"


def header(name: str, value: str) -> base_pb2.HeaderValueOption:
    """A header that replaces any of its name."""
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, value=value),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )


async def check_ticket(headers: dict[str, str]) -> external_auth_pb2.CheckResponse:
    """`ticket` is one of wgt_1, `busy` of a widget over its limit, `off` of one that is off; the rest is refused."""
    ticket = headers.get("authorization", "").removeprefix("Bearer ")
    if ticket == "auth-hangs":
        await asyncio.sleep(600)
    if ticket in {"ticket", "busy"}:
        facts = struct_pb2.Struct()
        widget = BUSY_WIDGET if ticket == "busy" else "wgt_1"
        facts.update({"account_id": "acct_1", "chatbot_id": "bot_1", "plan": "free", "widget_id": widget})
        return external_auth_pb2.CheckResponse(
            status=status_pb2.Status(code=code_pb2.OK),
            ok_response=external_auth_pb2.OkHttpResponse(headers=[header("authorization", "Bearer jwt-of-visitor")]),
            dynamic_metadata=facts,
        )
    status, text, extra = (
        (403, "The chat is off.", ()) if ticket == "off" else (401, "The ticket has ended.", ("Bearer",))
    )
    return external_auth_pb2.CheckResponse(
        status=status_pb2.Status(code=code_pb2.PERMISSION_DENIED),
        denied_response=external_auth_pb2.DeniedHttpResponse(
            status=http_status_pb2.HttpStatus(code=status),  # type: ignore[arg-type]
            headers=[header("WWW-Authenticate", value) for value in extra],
            body=text,
        ),
    )


def limit_of(entries: dict[str, str]) -> rls_pb2.RateLimitResponse:
    """127.0.0.9 and the busy widget are over their limits."""
    over = entries["masked_remote_address"] == "127.0.0.9/32" or entries.get("widget") == BUSY_WIDGET
    headers = [("Retry-After", "42"), ("X-RateLimit-Reason", "minute")] if over else []
    return rls_pb2.RateLimitResponse(
        overall_code=rls_pb2.RateLimitResponse.OVER_LIMIT if over else rls_pb2.RateLimitResponse.OK,
        response_headers_to_add=[base_pb2.HeaderValue(key=name, value=value) for name, value in headers],
        raw_body=b"Too many messages." if over else b"",
    )


class StubVisitor(visitor_pb2_grpc.VisitorServiceServicer):
    """A conversation of one turn. A rating named `gone` is of a turn that is not there."""

    def __init__(self, note: Any) -> None:
        self._note = note

    async def GetConversation(self, request: Any, context: Any) -> visitor_pb2.GetConversationResponse:
        self._seen("GetConversation", context)
        turn = visitor_pb2.VisitorTurn(request_id="r1", question="Q", answer="A", broken_off=False, rating="up")
        return visitor_pb2.GetConversationResponse(turns=[turn])

    async def DeleteConversation(self, request: Any, context: Any) -> visitor_pb2.DeleteConversationResponse:
        self._seen("DeleteConversation", context)
        return visitor_pb2.DeleteConversationResponse()

    async def RateTurn(self, request: visitor_pb2.RateTurnRequest, context: Any) -> visitor_pb2.RateTurnResponse:
        self._seen("RateTurn", context, turn=request.request_id, rating=request.rating, comment=request.comment)
        if request.request_id == "gone":
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such turn.")
        return visitor_pb2.RateTurnResponse()

    def _seen(self, method: str, context: Any, **fields: str) -> None:
        self._note("visitor", method=method, metadata=dict(context.invocation_metadata()), **fields)
