"""AuditService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.audit_log import AuditLog
from services.auth.fields import check_id
from services.auth.records import AuditFilter
from services.auth.scope import OperatorScope
from services.auth.servicers.messages import audit_event_message
from services.rpc.pages import LARGEST_NUMBER, page_position, page_size, page_token
from services.trust.principal import current_principal


class AuditServicer(auth_pb2_grpc.AuditServiceServicer):
    """See auth.proto."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def ListAuditEvents(
        self, request: auth_pb2.ListAuditEventsRequest, context: Any
    ) -> auth_pb2.ListAuditEventsResponse:
        size = page_size(request.page_size)
        (before,) = page_position(request.page_token, int) or (LARGEST_NUMBER,)
        scope = OperatorScope.of(current_principal())
        page = await self._log.list(scope, _filter(request), before, size)
        return auth_pb2.ListAuditEventsResponse(
            events=[audit_event_message(event) for event in page.items],
            next_page_token=page_token(page.next_position) if page.next_position is not None else "",
        )


def _filter(request: auth_pb2.ListAuditEventsRequest) -> AuditFilter:
    return AuditFilter(
        account_id=request.account_id and check_id(request.account_id, "account_id", "account"),
        chatbot_id=request.chatbot_id and check_id(request.chatbot_id, "chatbot_id", "chatbot"),
        key_id=request.api_key_id and check_id(request.api_key_id, "api_key_id", "API key"),
        action=request.action,
        since_ms=request.since_ms if request.HasField("since_ms") else None,
        until_ms=request.until_ms if request.HasField("until_ms") else None,
    )
