"""Rules of members' tokens: what a user may do in an account now, and for a minute."""

from dataclasses import dataclass

from services.auth.fields import not_found
from services.auth.people.members import role_of
from services.auth.people.records import AccountRole, User
from services.auth.people.user_sessions import signed_in
from services.auth.records import Account, Chatbot
from services.auth.scoped_tokens import ScopedToken
from services.auth.store import AuthStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import TTL_SECONDS, TokenSigner


@dataclass(frozen=True, slots=True)
class MemberToken:
    """A token, and what it is good for."""

    token: ScopedToken
    role: AccountRole
    account: Account
    chatbot: Chatbot | None


class MemberTokens:
    """Tokens for users who have signed in. Nothing is remembered: who was removed gets none."""

    def __init__(self, store: AuthStore, signer: TokenSigner, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    async def for_account(self, account_id: str) -> MemberToken:
        """A token for an account. NOT_FOUND unless it is there and the user a member."""
        async with self._store.read() as transaction:
            user = await signed_in(transaction, now_ms(self._clock))
            return await self._issue(transaction, user, account_id, None)

    async def for_chatbot(self, chatbot_id: str) -> MemberToken:
        """A token for a chatbot. NOT_FOUND unless it is there and the user a member of its account."""
        async with self._store.read() as transaction:
            user = await signed_in(transaction, now_ms(self._clock))
            chatbot = await transaction.chatbot(chatbot_id)
            if chatbot is None:
                raise not_found("chatbot")
            return await self._issue(transaction, user, chatbot.account_id, chatbot)

    async def for_operator(self) -> ScopedToken:
        """An operator's token without scope. ROLE_NOT_ALLOWED for a user who is none."""
        async with self._store.read() as transaction:
            user = await signed_in(transaction, now_ms(self._clock))
        if not user.is_operator:
            raise refusal(Text.OPERATORS_ONLY)
        return self._sign(Principal(Role.ROLE_OPERATOR, subject=user.id))

    async def _issue(
        self, transaction: Transaction, user: User, account_id: str, chatbot: Chatbot | None
    ) -> MemberToken:
        account = await transaction.account(account_id)
        role = await role_of(transaction, user, account_id)
        if account is None or role is None:
            # The same for what is not there and for what is another account's.
            raise not_found("account" if chatbot is None else "chatbot")
        principal = Principal(
            role=Role.ROLE_MEMBER,
            account_id=account.id,
            chatbot_id="" if chatbot is None else chatbot.id,
            plan=account.plan,
            channel=Channel.PLAYGROUND,
            subject=user.id,
            member_role=f"MEMBER_ROLE_{role.name}",
        )
        return MemberToken(self._sign(principal), role, account, chatbot)

    def _sign(self, principal: Principal) -> ScopedToken:
        return ScopedToken(self._signer.sign(principal), int(self._clock()) + TTL_SECONDS)
