"""Accepting an invitation: its address becomes a member, and is signed in."""

from dataclasses import dataclass, replace

from services.auth import random_secret
from services.auth.people.invitations import invitation_event
from services.auth.people.members import join, role_of
from services.auth.people.password_attempts import PasswordAttempts
from services.auth.people.passwords import Passwords, check_password
from services.auth.people.records import USER_PREFIX, AccountRole, Invitation, User
from services.auth.people.sign_in import kept_password
from services.auth.people.user_sessions import Client, NewSession, UserSessions
from services.auth.people.users import creation, new_user
from services.auth.records import Account, Action
from services.auth.store import AuthStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal


@dataclass(frozen=True, slots=True)
class Offer:
    """An open invitation: to what, and the user of its address if there is one."""

    invitation: Invitation
    account: Account
    user: User | None


class Acceptance:
    """Invitations as who holds their secrets sees them. LINK_ENDED for one that is over."""

    def __init__(
        self, store: AuthStore, sessions: UserSessions, check: PasswordAttempts, passwords: Passwords, clock: Clock
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._check = check
        self._passwords = passwords
        self._clock = clock

    async def find(self, secret: str) -> Offer:
        """What an invitation offers, without using it up."""
        async with self._store.read() as transaction:
            return await self._open(transaction, secret)

    async def accept(self, secret: str, name: str, password: str, client: Client) -> tuple[NewSession, Invitation]:
        """Makes the address a member: with the password that it has, or as a new user.

        SIGN_IN_FAILED for another password than theirs. Who has a user and no password can't set one here: an owner
        of any account could make such an invitation and come in as them.
        """
        offer = await self.find(secret)
        invitation = offer.invitation
        if offer.user is None:
            user = new_user(invitation.email, name, now_ms(self._clock))
            check_password(password)
            user = replace(user, password_hash=await self._passwords.hash(password))
        else:
            user = offer.user
            await self._check.require(user.email_key, kept_password(user), password)
        async with self._store.write() as transaction:
            await transaction.account(invitation.account_id, lock=True)
            now = (await self._open(transaction, secret, lock=True)).user
            if kept_password(now) != kept_password(offer.user):
                raise refusal(Text.SIGN_IN_FAILED)
            if now is None:
                await transaction.add_user(user)
                await transaction.add(creation(user, actor=user.id))
            await self._join(transaction, invitation, user)
            return await self._sessions.begin(transaction, user, client), invitation

    async def _join(self, transaction: Transaction, invitation: Invitation, user: User) -> None:
        at_ms = now_ms(self._clock)
        await transaction.save(replace(invitation, ended_ms=at_ms))
        await transaction.add(invitation_event(Action.INVITATION_ACCEPT, at_ms, invitation, actor=user.id))
        await join(transaction, invitation.account_id, user, invitation.role, at_ms, actor=user.id)

    async def _open(self, transaction: Transaction, secret: str, *, lock: bool = False) -> Offer:
        invitation = await transaction.invitation_of(random_secret.digest(secret))
        account = None if invitation is None else await transaction.account(invitation.account_id)
        is_open = invitation is not None and invitation.is_open(now_ms(self._clock))
        if invitation is None or account is None or not is_open or not await _may_invite(transaction, invitation):
            raise refusal(Text.LINK_ENDED)
        return Offer(invitation, account, await transaction.user_by_email(invitation.email_key, lock=lock))


async def _may_invite(transaction: Transaction, invitation: Invitation) -> bool:
    """Whether whoever invited still may.

    An owner who was removed must not come back by an invitation of their own.
    """
    if not invitation.created_by.startswith(USER_PREFIX):
        return True
    user = await transaction.user(invitation.created_by)
    return (
        user is not None
        and user.enabled
        and await role_of(transaction, user, invitation.account_id) == AccountRole.OWNER
    )
