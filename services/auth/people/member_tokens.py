"""Rules of members' tokens: what a user may do in an account now, and for a minute."""

from dataclasses import dataclass

from services.auth.fields import not_found
from services.auth.people.records import AccountRole, User, Visit
from services.auth.people.user_sessions import require_open
from services.auth.records import Account, Chatbot
from services.auth.scoped_tokens import ScopedToken
from services.auth.store import Visits
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.trust.principal import Channel, Principal, Role, current_principal
from services.trust.principal_tokens import TTL_SECONDS, TokenSigner


@dataclass(frozen=True, slots=True)
class MemberToken:
    """A token, and what it is good for."""

    token: ScopedToken
    user: User
    role: AccountRole
    account: Account
    chatbot: Chatbot | None


class MemberTokens:
    """Tokens for users who have signed in. Nothing is remembered: who was removed gets none."""

    def __init__(self, visits: Visits, signer: TokenSigner, clock: Clock) -> None:
        self._visits = visits
        self._signer = signer
        self._clock = clock

    async def for_account(self, account_id: str) -> MemberToken:
        """A token for an account. NOT_FOUND unless it is there and the user a member."""
        return self._issue("account", await self._visits.to_account(*_caller(), account_id))

    async def for_chatbot(self, chatbot_id: str) -> MemberToken:
        """A token for a chatbot. NOT_FOUND unless it is there and the user a member of its account."""
        return self._issue("chatbot", await self._visits.to_chatbot(*_caller(), chatbot_id))

    async def for_operator(self) -> tuple[ScopedToken, User]:
        """An operator's token without scope, and whose it is.

        ROLE_NOT_ALLOWED for a user who is not a member.
        """
        user = require_open(await self._visits.caller(*_caller()), now_ms(self._clock))
        if not user.is_operator:
            raise refusal(Text.OPERATORS_ONLY)
        return self._sign(Principal(Role.ROLE_OPERATOR, subject=user.id)), user

    def _issue(self, thing: str, visit: Visit | None) -> MemberToken:
        if visit is None:
            raise refusal(Text.SESSION_ENDED)
        user, account, chatbot = require_open(visit.caller, now_ms(self._clock)), visit.account, visit.chatbot
        role = AccountRole.OWNER if user.is_operator else visit.role
        if account is None or role is None:
            # The same for what is not there and for what is another account's.
            raise not_found(thing)
        principal = Principal(
            role=Role.ROLE_MEMBER,
            account_id=account.id,
            chatbot_id="" if chatbot is None else chatbot.id,
            plan=account.plan,
            channel=Channel.PLAYGROUND,
            subject=user.id,
            member_role=f"MEMBER_ROLE_{role.name}",
        )
        return MemberToken(self._sign(principal), user, role, account, chatbot)

    def _sign(self, principal: Principal) -> ScopedToken:
        return ScopedToken(self._signer.sign(principal), int(self._clock()) + TTL_SECONDS)


def _caller() -> tuple[str, str]:
    principal = current_principal()
    return principal.subject, principal.user_session_id
