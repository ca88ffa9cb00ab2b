"""The sections of an account and of a chatbot: what the navigation shows, and to whom."""

from dataclasses import dataclass

from services.trust.principal import MemberRole


@dataclass(frozen=True, slots=True)
class Section:
    """A page that the navigation names. `path` is relative to its account or chatbot."""

    path: str
    label: str
    least: MemberRole.ValueType = MemberRole.MEMBER_ROLE_VIEWER


ACCOUNT = (
    Section("", "Chatbots"),
    Section("usage", "Usage"),
    Section("members", "Members", MemberRole.MEMBER_ROLE_OWNER),
    Section("audit", "Audit log", MemberRole.MEMBER_ROLE_OWNER),
)
CHATBOT = (
    Section("", "Playground"),
    Section("sources", "Sources"),
    Section("questions", "Questions and answers"),
    Section("conversations", "Conversations"),
    Section("unanswered", "Unanswered"),
    Section("widget", "Widget"),
    Section("keys", "API keys"),
    Section("settings", "Settings"),
)
INSTALLATION = (
    Section("", "Accounts"),
    Section("people", "People"),
    Section("plans", "Plans"),
)


def account_sections(role: MemberRole.ValueType) -> tuple[Section, ...]:
    """What a member with this role is shown of an account."""
    return tuple(section for section in ACCOUNT if role >= section.least)


def chatbot_sections(role: MemberRole.ValueType) -> tuple[Section, ...]:
    """What a member with this role is shown of a chatbot."""
    return tuple(section for section in CHATBOT if role >= section.least)
