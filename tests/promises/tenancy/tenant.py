"""A tenant: a chatbot, and the names of all that belongs to it."""

import base64
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from services.chat.unanswered import question_id
from services.ids import new_id
from services.trust.principal import Channel, Principal, Role

PLAN = "roomy"
PASSWORD = "a long password of theirs"
MEMBERS = ("viewer", "editor", "owner")
"""Roles of members; each may do what those before it may."""
QUESTION = "When is the bicycle shop open?"
SITE = "https://shop.example"
PAIR_QUESTION = "May I bring my dog into the shop?"


@dataclass(frozen=True)
class Tenant:
    """A chatbot, and all names of what belongs to it. `word` is written by no other tenant."""

    word: str
    account_id: str = field(default_factory=lambda: new_id("acct"))
    chatbot_id: str = field(default_factory=lambda: new_id("bot"))
    key_id: str = field(default_factory=lambda: new_id("key"))
    key: str = "cm_live_000000000000000000000000001cTnhR"
    source_id: str = field(default_factory=lambda: new_id("src"))
    source_url: str = field(default_factory=lambda: f"https://shop.example/{new_id('page')}")
    pair_id: str = field(default_factory=lambda: new_id("qa"))
    session_id: str = field(default_factory=lambda: new_id("ses"))
    reservation_id: str = field(default_factory=lambda: new_id("rsv"))
    request_id: str = field(default_factory=lambda: new_id("req"))
    grant_id: str = field(default_factory=lambda: new_id("grt"))
    idempotency_key: str = field(default_factory=lambda: new_id("idem"))
    widget_id: str = field(default_factory=lambda: new_id("wgt"))
    visitor: str = field(default_factory=lambda: secrets.token_hex(32))
    conversation_id: str = field(default_factory=lambda: f"cnv_{secrets.token_hex(16)}")
    visit_id: str = field(default_factory=lambda: new_id("req"))
    # Of a person who has signed in, once there is one.
    email: str = field(default_factory=lambda: f"{new_id('usr').lower()}@example.com")
    user_id: str = field(default_factory=lambda: new_id("usr"))
    user_session_id: str = field(default_factory=lambda: new_id("uss"))
    invitation_id: str = field(default_factory=lambda: new_id("inv"))

    @property
    def unanswered(self) -> str:
        """A question that it has no answer to."""
        return f"Where does the {self.word} sleep?"

    @property
    def unanswered_id(self) -> str:
        """The id of that question."""
        return question_id(self.unanswered)

    def principals(self) -> dict[str, Principal]:
        """Those who may act for it."""
        account = Principal(Role.ROLE_OPERATOR, self.account_id, plan=PLAN)
        chatbot = Principal(Role.ROLE_OPERATOR, self.account_id, self.chatbot_id, plan=PLAN)
        key = Principal(Role.ROLE_API_KEY, self.account_id, self.chatbot_id, self.key_id, PLAN, Channel.API)
        visitor = Principal(
            Role.ROLE_VISITOR,
            self.account_id,
            self.chatbot_id,
            f"{self.widget_id}:{self.visitor[:32]}",
            PLAN,
            Channel.WIDGET,
            visitor_digest=self.visitor,
            conversation_id=self.conversation_id,
        )
        own = {**ANYBODYS, "operator@account": account, "operator@chatbot": chatbot, "key": key}
        own["visitor@chatbot"] = visitor
        for role in MEMBERS:
            for scope, operator in (("account", account), ("chatbot", chatbot)):
                member = replace(operator, role=Role.ROLE_MEMBER, member_role=f"MEMBER_ROLE_{role.upper()}")
                own[f"{role}@{scope}"] = replace(member, subject=self.user_id)
        user = Principal(Role.ROLE_USER, subject=self.user_id, user_session_id=self.user_session_id)
        return {**own, "user": user}


ANYBODYS = {
    "operator": Principal(Role.ROLE_OPERATOR),
    "service": Principal(Role.ROLE_SERVICE),
    "edge": Principal(Role.ROLE_EDGE),
    "web": Principal(Role.ROLE_WEB),
}


def page(url: str, word: str) -> list[dict[str, Any]]:
    """The messages that add a page which answers the question and says the word."""
    text = f"# Opening hours\n\nThe bicycle shop is open from nine to five, says {word}. Dogs wait outside.\n"
    return [{"header": {"name": "page.md", "url": url}}, {"chunk": base64.b64encode(text.encode()).decode()}]
