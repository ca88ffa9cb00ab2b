"""What templates know of people, accounts and chatbots: plain values, no messages."""

from dataclasses import dataclass

from chatmount.auth.v1 import auth_pb2, people_pb2

from services.rpc.access import role_name
from services.trust.principal import MemberRole

VIEWER = MemberRole.MEMBER_ROLE_VIEWER
EDITOR = MemberRole.MEMBER_ROLE_EDITOR
OWNER = MemberRole.MEMBER_ROLE_OWNER


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in."""

    id: str
    name: str
    email: str
    is_operator: bool

    @classmethod
    def of(cls, user: people_pb2.User | auth_pb2.Caller) -> "Person":
        """From the message."""
        return cls(user.id, user.name, user.email, user.is_operator)


@dataclass(frozen=True, slots=True)
class Account:
    """An account. `created_at`: Unix seconds."""

    id: str
    name: str
    plan: str
    created_at: int

    @classmethod
    def of(cls, account: auth_pb2.Account) -> "Account":
        """From the message."""
        return cls(account.id, account.name, account.plan, account.created_at)

    @property
    def path(self) -> str:
        """Where its pages begin, with a slash at the end."""
        return f"/dashboard/{self.id}/"


@dataclass(frozen=True, slots=True)
class Chatbot:
    """A chatbot."""

    id: str
    name: str
    is_enabled: bool

    @classmethod
    def of(cls, chatbot: auth_pb2.Chatbot) -> "Chatbot":
        """From the message."""
        return cls(chatbot.id, chatbot.name, chatbot.enabled)

    @property
    def path(self) -> str:
        """Where its pages begin, with a slash at the end."""
        return f"/dashboard/{self.id}/"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every template knows of a visit; nothing of it is secret."""

    path: str
    request_id: str
    now: float
    notice: str = ""
    is_in_dialog: bool = False
    is_later_page: bool = False
    person: Person | None = None
    account: Account | None = None
    chatbot: Chatbot | None = None
    role: MemberRole.ValueType = MemberRole.MEMBER_ROLE_UNSPECIFIED

    @property
    def role_name(self) -> str:
        """`viewer`, `editor` or `owner`."""
        return role_name(self.role)

    @property
    def is_editor(self) -> bool:
        """Whether what takes an editor is shown."""
        return self.role >= EDITOR

    @property
    def is_owner(self) -> bool:
        """Whether what takes an owner is shown."""
        return self.role >= OWNER
