"""Rules of scoped tokens, which operators exchange theirs for: one tenant, and a short life."""

from dataclasses import replace
from typing import NamedTuple

from services.auth.accounts import Accounts
from services.auth.chatbots import Chatbots
from services.auth.scope import TenantScope
from services.clock import Clock
from services.trust.principal import Principal, Role, current_principal
from services.trust.principal_tokens import TokenSigner

TTL_SECONDS = 300


class ScopedToken(NamedTuple):
    """A token, and the Unix seconds at which it ends."""

    token: str
    expires_at: int


class ScopedTokens:
    """Tokens within a caller's scope; none outlives the caller's own where that is scoped."""

    def __init__(self, accounts: Accounts, chatbots: Chatbots, signer: TokenSigner, clock: Clock) -> None:
        self._accounts = accounts
        self._chatbots = chatbots
        self._signer = signer
        self._clock = clock

    async def for_chatbot(self, scope: TenantScope, chatbot_id: str) -> ScopedToken:
        """A token for a chatbot. NOT_FOUND for one that is not there or beyond the scope."""
        chatbot, account = await self._chatbots.get_with_account(scope, chatbot_id)
        return self._issue(scope, Principal(Role.ROLE_OPERATOR, account.id, chatbot.id, plan=account.plan))

    async def for_account(self, scope: TenantScope, account_id: str) -> ScopedToken:
        """A token for an account. NOT_FOUND for one that is not there or beyond the scope."""
        account = await self._accounts.get(scope, account_id)
        return self._issue(scope, Principal(Role.ROLE_OPERATOR, account.id, plan=account.plan))

    def _issue(self, scope: TenantScope, principal: Principal) -> ScopedToken:
        caller, now = current_principal(), int(self._clock())
        expires_at = now + TTL_SECONDS
        if not scope.is_everything:
            # Else a token that leaked once could be renewed without end.
            expires_at = min(expires_at, caller.expires_at)
        return ScopedToken(self._signer.sign(replace(principal, subject=caller.subject), expires_at - now), expires_at)
