"""AuditService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.audit_log import AuditLog
from services.auth.records import AuditFilter
from services.auth.scope import current_scope
from services.auth.servicers.messages import audit_event_message, id_in, position_of
from services.rpc.pages import LARGEST_NUMBER, cut_page, page_position, page_size


class AuditServicer(auth_pb2_grpc.AuditServiceServicer):
    """See auth.proto."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def ListAuditEvents(
        self, request: auth_pb2.ListAuditEventsRequest, context: Any
    ) -> auth_pb2.ListAuditEventsResponse:
        size = page_size(request.page_size)
        (before,) = page_position(request.page_token, int) or (LARGEST_NUMBER,)
        found = await self._log.list(current_scope(), _filter(request), before, size)
        events, token = cut_page(found, size, position_of)
        return auth_pb2.ListAuditEventsResponse(events=map(audit_event_message, events), next_page_token=token)


def _filter(request: auth_pb2.ListAuditEventsRequest) -> AuditFilter:
    return AuditFilter(
        account_id=id_in(request, "account_id", required=False),
        chatbot_id=id_in(request, "chatbot_id", required=False),
        key_id=id_in(request, "api_key_id", required=False),
        action=request.action,
        since_ms=request.since_ms if request.HasField("since_ms") else None,
        until_ms=request.until_ms if request.HasField("until_ms") else None,
    )
