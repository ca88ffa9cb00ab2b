"""The door of the widget: a signed visitor takes the place of a ticket."""

import grpc
from envoy.service.auth.v3 import external_auth_pb2

from services.auth.doors.messages import admitted, denied, request_header
from services.auth.widget.records import WidgetGrant
from services.auth.widget.visitors import Visitors
from services.errors import ChatmountError
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.tickets import Ticket

# Of the digest, 128 bits: what is kept under a key's id lies apart for each visitor.
DIGITS_IN_KEY_ID = 32


class WidgetDoor:
    """Lets visitors with a ticket through to the chat service."""

    def __init__(self, visitors: Visitors, signer: TokenSigner) -> None:
        self._visitors = visitors
        self._signer = signer

    async def check(self, request: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
        """What Envoy is to do with a request."""
        scheme, _, token = request_header(request, "authorization").strip(" ").partition(" ")
        try:
            ticket, grant = await self._visitors.check(token.strip(" ") if scheme.lower() == "bearer" else "")
        except ChatmountError as refused:
            if refused.status not in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
                raise
            is_wrong = refused.status is grpc.StatusCode.UNAUTHENTICATED
            return denied(refused, {"WWW-Authenticate": "Bearer"} if is_wrong else {})
        return self._admitted(ticket, grant)

    def _admitted(self, ticket: Ticket, grant: WidgetGrant) -> external_auth_pb2.CheckResponse:
        tenant = {name: getattr(grant, name) for name in ("account_id", "chatbot_id", "plan")}
        principal = Principal(
            role=Role.ROLE_VISITOR,
            channel=Channel.WIDGET,
            key_id=f"{ticket.widget_id}:{ticket.visitor_digest[:DIGITS_IN_KEY_ID]}",
            visitor_digest=ticket.visitor_digest,
            conversation_id=ticket.conversation_id,
            may_begin=ticket.may_begin,
            **tenant,
        )
        token = self._signer.sign_for_a_call(principal, "chat")
        return admitted(token, metadata=tenant | {"widget_id": grant.widget_id})
