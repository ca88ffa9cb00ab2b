"""The scope of an operator's or a member's token: everything, one account, or one chatbot.

What lies outside is answered like what does not exist, so a scoped token learns nothing of other tenants.
"""

from dataclasses import dataclass

from services.auth.fields import not_found
from services.auth.records import Account, Chatbot
from services.errors import Text, refusal
from services.trust.principal import current_principal


@dataclass(frozen=True, slots=True)
class TenantScope:
    """The account and chatbot that a token is bound to.

    Both are empty when it is bound to nothing, which no member's token is: AccessRule sees to that.
    """

    account_id: str = ""
    chatbot_id: str = ""

    @property
    def is_everything(self) -> bool:
        """Whether the token is bound to nothing."""
        return not (self.account_id or self.chatbot_id)

    def require_everything(self) -> None:
        """ROLE_NOT_ALLOWED for a scoped token: an account's own tokens can't decide on its plan."""
        if not self.is_everything:
            raise refusal(Text.NEEDS_NO_SCOPE)

    def require_account(self, account_id: str) -> None:
        """NOT_FOUND for an account beyond the scope. A chatbot's token reaches none."""
        if not self.is_everything and (self.chatbot_id or self.account_id != account_id):
            raise not_found("account")

    def account(self, account: Account | None) -> Account:
        """The account, if it is there and within the scope; else NOT_FOUND."""
        if account is None:
            raise not_found("account")
        self.require_account(account.id)
        return account

    def covers(self, chatbot: Chatbot) -> bool:
        """Whether the token may touch a chatbot and its keys."""
        if self.chatbot_id:
            return self.chatbot_id == chatbot.id and self.account_id in ("", chatbot.account_id)
        return self.is_everything or self.account_id == chatbot.account_id

    def chatbot(self, chatbot: Chatbot | None, noun: str = "chatbot") -> Chatbot:
        """The chatbot, if it is there and within the scope; else NOT_FOUND of a `noun`."""
        if chatbot is None or not self.covers(chatbot):
            raise not_found(noun)
        return chatbot


def current_scope() -> TenantScope:
    """The scope of the call being served."""
    principal = current_principal()
    return TenantScope(principal.account_id, principal.chatbot_id)
