"""Events of the audit log as pages show them: what was done, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chatmount.auth.v1 import auth_pb2
from google.protobuf.struct_pb2 import Value

from services.web.dashboard.chatbot_names import ChatbotNames

OF_ACCOUNT: Mapping[str, str] = {
    "account.create": "Created the account",
    "account.set-plan": "Changed the plan",
    "chatbot.create": "Created a chatbot",
    "chatbot.update": "Renamed a chatbot",
    "chatbot.enable": "Switched a chatbot on",
    "chatbot.disable": "Switched a chatbot off",
    "chatbot.delete": "Deleted a chatbot",
    "widget.update": "Changed where the widget answers",
    "widget.renew": "Gave the widget a new id",
    "key.create": "Created an API key",
    "key.rotate": "Rotated an API key",
    "key.revoke": "Revoked an API key",
    "key.allow": "Changed the addresses of an API key",
    "key.delete": "Deleted an API key with its chatbot",
    "invitation.create": "Invited somebody",
    "invitation.withdraw": "Withdrew an invitation",
    "invitation.accept": "Accepted an invitation",
    "member.add": "Added a member",
    "member.set-role": "Changed a member's role",
    "member.remove": "Removed a member",
    "user.link": "Made the link for the first owner",
}
"""What an account's log can tell of."""
_LABELS: Mapping[str, str] = {
    "name": "Name",
    "email": "E-mail",
    "role": "Role",
    "plan": "Plan",
    "last4": "Key ends in",
    "allowlist": "Addresses",
    "expires_at": "Works until",
}
"""Details by their names, in this order; others come after them."""
_BEFORE = "_before"


@dataclass(frozen=True, slots=True)
class Detail:
    """What else is worth knowing. `before`: what it was; "" where it was not changed."""

    label: str
    text: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what."""

    id: str
    created_at: int
    who: str
    what: str
    chatbot: str
    chatbot_path: str
    details: list[Detail]

    @classmethod
    def of(cls, event: auth_pb2.AuditEvent, names: ChatbotNames) -> "AuditEvent":
        """From the message."""
        # An event of a chatbot may name it itself; one of a key names the key.
        is_named = "name" in event.details and not event.api_key_id
        chatbot_id = "" if is_named else event.chatbot_id
        return cls(
            event.id,
            event.created_at_ms // 1000,
            event.actor_email or event.actor,
            OF_ACCOUNT.get(event.action, event.action),
            names.of(chatbot_id) if chatbot_id else "",
            names.path(chatbot_id),
            _details(event.details.fields),
        )


def _details(details: Mapping[str, Value]) -> list[Detail]:
    names = [name for name in _LABELS if name in details] + sorted(details.keys() - _LABELS.keys())
    texts = {name: _text(name, details[name]) for name in names}
    return [
        Detail(_LABELS.get(name, name.replace("_", " ").capitalize()), text, texts.get(name + _BEFORE, ""))
        for name, text in texts.items()
        if text and not name.endswith(_BEFORE)
    ]


def _text(name: str, value: Value) -> str:
    if value.HasField("list_value"):
        texts = [each.string_value for each in value.list_value.values]
        return ", ".join(texts) or ("everywhere" if name.startswith("allowlist") else "")
    text = value.string_value
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC" if text and name == "expires_at" else text
