"""Rules of the audit log: what an event says of its call, and who may read which."""

from collections.abc import Sequence
from dataclasses import replace

from services.auth.records import Action, AuditEvent, AuditFilter
from services.auth.scope import TenantScope
from services.auth.store import AuthStore
from services.errors import invalid
from services.ids import new_id
from services.request_id import NO_REQUEST_ID, request_id
from services.trust.principal import current_principal

# What callers choose themselves is kept as far as people can read it.
LONGEST_TEXT = 200


def audit_event(
    action: Action,
    created_ms: int,
    account_id: str,
    chatbot_id: str = "",
    key_id: str = "",
    **details: str | list[str],
) -> AuditEvent:
    """The event of what the call being served does. `details` must hold nothing secret."""
    request = request_id.get()
    return AuditEvent(
        id=new_id("evt"),
        created_ms=created_ms,
        actor=current_principal().subject[:LONGEST_TEXT],
        action=action,
        account_id=account_id,
        chatbot_id=chatbot_id,
        key_id=key_id,
        request_id="" if request == NO_REQUEST_ID else request[:LONGEST_TEXT],
        details=details,
    )


def user_event(
    action: Action, created_ms: int, user_id: str, account_id: str = "", *, actor: str = "", **details: str
) -> AuditEvent:
    """The event of what the call being served does to a user, perhaps in an account.

    `actor`: who does it, where the call has no subject yet.
    """
    event = audit_event(action, created_ms, account_id, **details)
    return replace(event, user_id=user_id, actor=actor or event.actor)


class AuditLog:
    """The events, as far as a caller's scope reaches."""

    def __init__(self, store: AuthStore) -> None:
        self._store = store

    async def list(self, scope: TenantScope, wanted: AuditFilter, before: int, size: int) -> Sequence[AuditEvent]:
        """Events, newest first; one more than `size` when there are more.

        INVALID_FIELD for an unknown action. What lies beyond the scope is left out, as if it were not there.
        """
        if wanted.action and wanted.action not in set(Action):
            raise invalid(f"action must be one of {', '.join(Action)}.")
        within = AuditFilter(account_id=scope.account_id, chatbot_id=scope.chatbot_id)
        return await self._store.audit_events(within, wanted, before, size)
