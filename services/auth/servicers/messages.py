"""Records as messages, and ids out of messages."""

from operator import attrgetter
from typing import Any

from chatmount.auth.v1 import auth_pb2

from services.auth.fields import check_id
from services.auth.records import Account, ApiKey, AuditEvent, Chatbot
from services.rpc.messages import to_message

account_message = to_message(Account, auth_pb2.Account)
chatbot_message = to_message(Chatbot, auth_pb2.Chatbot)
audit_event_message = to_message(AuditEvent, auth_pb2.AuditEvent, api_key_id=attrgetter("key_id"))
_key_message = to_message(ApiKey, auth_pb2.ApiKey, status=lambda key: None)


def api_key_message(key: ApiKey, at_ms: int) -> auth_pb2.ApiKey:
    """A key with its status as of `at_ms`."""
    message = _key_message(key)
    if key.revoked_ms is not None:
        message.status = auth_pb2.API_KEY_STATUS_REVOKED
    else:
        message.status = auth_pb2.API_KEY_STATUS_EXPIRED if key.is_expired(at_ms) else auth_pb2.API_KEY_STATUS_ACTIVE
    return message


def id_in(request: Any, field: str, *, required: bool = True) -> str:
    """The id in a request's field; see `check_id`."""
    text: str = getattr(request, field)
    return check_id(text, field) if text or required else ""


def position_of(record: Any) -> tuple[int]:
    """The place of a stored record in lists; see pages.py."""
    return (record.position,)
