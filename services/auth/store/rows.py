"""Rows to records."""

from typing import Any

from sqlalchemy.engine import Row

from services.auth.records import Account, ApiKey, Chatbot


def to_account(row: Row[Any]) -> Account:
    """The account of a row."""
    return Account(row.id, row.name, row.plan, row.created_ms)


def to_chatbot(row: Row[Any]) -> Chatbot:
    """The chatbot of a row."""
    return Chatbot(row.id, row.account_id, row.name, row.enabled, row.created_ms)


def to_api_key(row: Row[Any]) -> ApiKey:
    """The key of a row."""
    return ApiKey(
        id=row.id,
        chatbot_id=row.chatbot_id,
        name=row.name,
        last4=row.last4,
        allowlist=tuple(row.allowlist.split()),
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        last_used_ms=row.last_used_ms,
        revoked_ms=row.revoked_ms,
    )
