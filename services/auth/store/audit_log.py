"""The audit log in the database."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.engine import Row

from services.auth.records import AuditEvent, AuditFilter
from services.auth.store.tables import AUDIT_EVENTS


def to_values(event: AuditEvent) -> dict[str, object]:
    """The columns of an event."""
    return {
        "id": event.id,
        "created_ms": event.created_ms,
        "actor": event.actor,
        "action": event.action,
        "account_id": event.account_id,
        "chatbot_id": event.chatbot_id,
        "key_id": event.key_id,
        "request_id": event.request_id,
        "details": json.dumps(event.details, ensure_ascii=False),
    }


def to_event(row: Row[Any]) -> AuditEvent:
    """The event of a row."""
    return AuditEvent(
        id=row.id,
        created_ms=row.created_ms,
        actor=row.actor,
        action=row.action,
        account_id=row.account_id,
        chatbot_id=row.chatbot_id,
        key_id=row.key_id,
        request_id=row.request_id,
        details=json.loads(row.details),
    )


def conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    """What rows must fulfil."""
    if wanted.account_id:
        yield AUDIT_EVENTS.c.account_id == wanted.account_id
    if wanted.chatbot_id:
        yield AUDIT_EVENTS.c.chatbot_id == wanted.chatbot_id
    if wanted.key_id:
        yield AUDIT_EVENTS.c.key_id == wanted.key_id
    if wanted.action:
        yield AUDIT_EVENTS.c.action == wanted.action
    if wanted.since_ms is not None:
        yield AUDIT_EVENTS.c.created_ms >= wanted.since_ms
    if wanted.until_ms is not None:
        yield AUDIT_EVENTS.c.created_ms < wanted.until_ms
