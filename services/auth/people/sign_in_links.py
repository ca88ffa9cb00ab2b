"""Sign-in links: a way in for the first owner, and for people who have lost their password."""

from dataclasses import replace
from typing import NamedTuple

from services.auth import random_secret
from services.auth.audit_log import user_event
from services.auth.fields import not_found
from services.auth.people.members import join
from services.auth.people.passwords import Passwords, check_password
from services.auth.people.records import AccountRole, SignInLink, User
from services.auth.people.user_sessions import Client, NewSession, UserSessions
from services.auth.people.users import creation, new_user
from services.auth.records import Action
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id

LASTS_MS = 15 * 60 * 1000


class NewLink(NamedTuple):
    """The secret of a link, and the Unix seconds at which it ends."""

    secret: str
    expires_at: int


class SignInLinks:
    """One link at a time for each user, or for the first owner. Using it up begins a session."""

    def __init__(self, store: AuthStore, sessions: UserSessions, passwords: Passwords, clock: Clock) -> None:
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    async def create_for_user(self, scope: TenantScope, user_id: str) -> NewLink:
        """A link by which a user sets a new password. WRONG_STATE for one who is disabled."""
        scope.require_everything()
        async with self._store.write() as transaction:
            user = await transaction.user(user_id, lock=True)
            if user is None:
                raise not_found("user")
            if not user.enabled:
                raise refusal(Text.USER_DISABLED)
            return await self._create(transaction, user_id=user.id)

    async def create_for_first_owner(self, scope: TenantScope, account_id: str) -> NewLink:
        """A link that makes the first user, who owns the account. WRONG_STATE once there is one."""
        scope.require_everything()
        async with self._store.write() as transaction:
            account = scope.account(await transaction.account(account_id, lock=True))
            if await transaction.has_users():
                raise refusal(Text.USERS_EXIST)
            return await self._create(transaction, account_id=account.id)

    async def find(self, secret: str) -> str:
        """The address of the user that a link is for, or "": the first owner. LINK_ENDED for none."""
        async with self._store.read() as transaction:
            _, user = await self._open(transaction, secret)
        return "" if user is None else user.email

    async def use(self, secret: str, email: str, name: str, password: str, client: Client) -> NewSession:
        """Sets the user's password, or makes the first owner with this address and name.

        LINK_ENDED for an unknown link, or one that has ended.
        """
        # Before anything is hashed: whoever has no link costs nothing.
        async with self._store.read() as transaction:
            link, user = await self._open(transaction, secret)
        if user is None:
            user = new_user(email, name, now_ms(self._clock), is_operator=True)
        check_password(password)
        kept = await self._passwords.hash(password)
        async with self._store.write() as transaction:
            if link.user_id is None:
                await self._make_first_owner(transaction, link, secret, replace(user, password_hash=kept))
            else:
                await self._set_password(transaction, secret, user, kept)
            return await self._sessions.begin(transaction, user, client)

    async def _set_password(self, transaction: Transaction, secret: str, user: User, kept: str) -> None:
        await transaction.user(user.id, lock=True)
        await self._use_up(transaction, secret)
        await transaction.set_password(user.id, kept)
        await transaction.end_sessions(user.id)
        await transaction.add(user_event(Action.USER_PASSWORD, now_ms(self._clock), user.id, actor=user.id))

    async def _make_first_owner(self, transaction: Transaction, link: SignInLink, secret: str, user: User) -> None:
        account_id = link.account_id or ""
        await transaction.account(account_id, lock=True)
        await self._use_up(transaction, secret)
        await transaction.add_user(user)
        await transaction.add(creation(user, actor=user.id))
        await join(transaction, account_id, user, AccountRole.OWNER, user.created_ms, actor=user.id)

    async def _use_up(self, transaction: Transaction, secret: str) -> None:
        """Deletes the link, under the lock of whom it is for: of two uses at once one finds it."""
        link, _ = await self._open(transaction, secret)
        await transaction.end_links(link.user_id)

    async def _open(self, transaction: Transaction, secret: str) -> tuple[SignInLink, User | None]:
        """An open link and its user; None: for the first owner, while there is no user."""
        link = await transaction.link_of(random_secret.digest(secret))
        if link is None or now_ms(self._clock) >= link.expires_ms:
            raise refusal(Text.LINK_ENDED)
        user = None if link.user_id is None else await transaction.user(link.user_id)
        is_dead = await transaction.has_users() if link.user_id is None else user is None or not user.enabled
        if is_dead:
            raise refusal(Text.LINK_ENDED)
        return link, user

    async def _create(
        self, transaction: Transaction, user_id: str | None = None, account_id: str | None = None
    ) -> NewLink:
        secret, at_ms = random_secret.new_secret(), now_ms(self._clock)
        link = SignInLink(new_id("lnk"), user_id, account_id, at_ms, at_ms + LASTS_MS)
        await transaction.end_links(user_id)
        await transaction.add(link, digest=random_secret.digest(secret))
        await transaction.add(user_event(Action.USER_LINK, at_ms, user_id or "", account_id or ""))
        return NewLink(secret, link.expires_ms // 1000)
