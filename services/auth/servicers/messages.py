"""Records to messages."""

from chatmount.auth.v1 import auth_pb2
from google.protobuf.struct_pb2 import Struct

from services.auth.records import Account, ApiKey, AuditEvent, Chatbot


def account_message(account: Account) -> auth_pb2.Account:
    """An account for the wire."""
    return auth_pb2.Account(
        id=account.id, name=account.name, plan=account.plan, created_at=_seconds(account.created_ms)
    )


def chatbot_message(chatbot: Chatbot) -> auth_pb2.Chatbot:
    """A chatbot for the wire."""
    return auth_pb2.Chatbot(
        id=chatbot.id,
        account_id=chatbot.account_id,
        name=chatbot.name,
        enabled=chatbot.enabled,
        created_at=_seconds(chatbot.created_ms),
    )


def api_key_message(key: ApiKey, now_ms: int) -> auth_pb2.ApiKey:
    """A key for the wire, with its status as of `now_ms`."""
    return auth_pb2.ApiKey(
        id=key.id,
        chatbot_id=key.chatbot_id,
        name=key.name,
        last4=key.last4,
        allowlist=key.allowlist,
        created_at=_seconds(key.created_ms),
        last_used_at=None if key.last_used_ms is None else _seconds(key.last_used_ms),
        expires_at=None if key.expires_ms is None else _seconds(key.expires_ms),
        status=_status(key, now_ms),
    )


def audit_event_message(event: AuditEvent) -> auth_pb2.AuditEvent:
    """An event of the audit log for the wire."""
    details = Struct()
    details.update(dict(event.details))
    return auth_pb2.AuditEvent(
        id=event.id,
        created_at_ms=event.created_ms,
        actor=event.actor,
        action=event.action,
        account_id=event.account_id,
        chatbot_id=event.chatbot_id,
        api_key_id=event.key_id,
        request_id=event.request_id,
        details=details,
    )


def _status(key: ApiKey, now_ms: int) -> auth_pb2.ApiKeyStatus.ValueType:
    if key.revoked_ms is not None:
        return auth_pb2.API_KEY_STATUS_REVOKED
    return auth_pb2.API_KEY_STATUS_EXPIRED if key.is_expired(now_ms) else auth_pb2.API_KEY_STATUS_ACTIVE


def _seconds(milliseconds: int) -> int:
    return milliseconds // 1000
