"""The caller and its tenant: the one place that says whose data a call may touch."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from chatmount.access.v1.access_pb2 import MemberRole as MemberRole
from chatmount.access.v1.access_pb2 import Role as Role

SERVICES = ("auth", "quota", "retrieval", "chat")
"""What a token can be for."""


class Channel(StrEnum):
    """The way that a question came in by; all channels of an account share its credits."""

    API = "api"
    WIDGET = "widget"
    PLAYGROUND = "playground"


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller. Fields that do not apply to the role are empty."""

    role: Role.ValueType
    account_id: str = ""
    chatbot_id: str = ""
    key_id: str = ""
    plan: str = ""
    channel: str = ""
    # Who an operator or a user is, such as `ada@laptop` or `usr_…`: what the audit log and the credit ledger name.
    # Permits nothing.
    subject: str = ""
    # Of a user: the session that they signed in with.
    user_session_id: str = ""
    # Of a member: what they may do in the account, the name of a MemberRole.
    member_role: str = ""
    # Of a visitor: a digest of their secret (64 hex digits), and the conversation that they are in. Both are empty in
    # the token by which the web process reads an appearance.
    visitor_digest: str = ""
    conversation_id: str = ""
    # Of a visitor: whether their ticket may begin this conversation.
    may_begin: bool = False
    # Unix seconds at which the presented token ends; 0 when there was none. Says nothing of who is calling.
    expires_at: int = field(default=0, compare=False)

    @property
    def asked_with(self) -> str:
        """The API key or the widget that asked, for ledgers and logs: nothing of a visitor."""
        return self.key_id.partition(":")[0]


_current: ContextVar[Principal] = ContextVar("principal")


current_principal: Callable[[], Principal] = _current.get
"""The principal of the call being served. LookupError outside of one."""

set_current_principal: Callable[[Principal], object] = _current.set
"""Set by the server interceptor, and by tasks that act for a principal after its call."""
