"""What is known of a method: who may call it, and requests that name a tenant's things."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.rpc.pages import page_token
from tests.promises.tenancy.tenant import MEMBERS, Tenant

Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """Who may call a method, and with what.

    `who`: kinds of principals, the wide including the narrow: an operator, of an account, of a chatbot. `operator@!`
    is one whose token is not scoped. Of members the role that they need at least.

    `owner`: the kind that acts for a tenant. `ends`: it takes something from its tenant. `leaves`: its caller has
    something under another tenant's name afterwards. `headers`: metadata that names something of a tenant's.
    `owner_code` and `member_code`: what becomes of their call.
    """

    who: str
    owner: str
    requests: Callable[[Tenant], Messages]
    ends: bool = False
    leaves: bool = False
    owner_code: str = "OK"
    member_code: str = "OK"
    headers: Callable[[Tenant], dict[str, str]] = lambda _: {}

    def admits(self, kind: str) -> bool:
        """Whether the door opens to principals of this kind."""
        role, _, scope = kind.partition("@")
        return any(
            role in _AT_LEAST.get(allowed, (allowed,)) and scope in _NARROWER[wanted]
            for allowed, _, wanted in (one.partition("@") for one in self.who.split())
        )

    @property
    def member(self) -> str:
        """The kind of the member that acts for a tenant in the least role; "" when none may."""
        role = next((role for role in MEMBERS if self.admits(f"{role}@chatbot")), "")
        scope = {"key": "chatbot", "operator": "account"}.get(self.owner) or self.owner.partition("@")[2]
        return f"{role}@{scope}" if role else ""


_AT_LEAST = {role: MEMBERS[number:] for number, role in enumerate(MEMBERS)}
# The scopes that will do where one is wanted.
_NARROWER = {"!": ("",), "": ("", "account", "chatbot"), "account": ("account", "chatbot"), "chatbot": ("chatbot",)}


def names(**fields: str) -> Callable[[Tenant], Messages]:
    """One request, whose fields hold these attributes of the tenant."""
    return lambda tenant: [{field: getattr(tenant, attribute) for field, attribute in fields.items()}]


def plus(names: Callable[[Tenant], Messages], **more: object) -> Callable[[Tenant], Messages]:
    """The same requests with these fields."""
    return lambda tenant: [{**request, **more} for request in names(tenant)]


def always(*requests: dict[str, Any]) -> Callable[[Tenant], Messages]:
    """Requests that name nothing of a tenant's."""
    return lambda _: list(requests)


ACCOUNT, CHATBOT = names(account_id="account_id"), names(chatbot_id="chatbot_id")
KEY, SOURCE, PAIR = names(api_key_id="key_id"), names(source_id="source_id"), names(qa_pair_id="pair_id")
SESSION, RESERVATION = names(session_id="session_id"), names(reservation_id="reservation_id")


def calls(case: Case, method: Any, tenant: Tenant) -> Sequence[Messages]:
    """The calls of a case, each with the messages that it sends."""
    messages = case.requests(tenant)
    return [messages] if method.client_streaming else [[message] for message in messages]


LARGEST = 2**62
# Such a token shows everything that no filter keeps back.
FROM_THE_FIRST = {"page_token": page_token(0)}
