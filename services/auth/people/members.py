"""Rules of memberships: who may do what in an account, which keeps at least one owner."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from services.auth.audit_log import user_event
from services.auth.fields import not_found
from services.auth.people.emails import email_key
from services.auth.people.records import AccountRole, Member, Membership, MembersPage, OpenInvitation, User
from services.auth.records import Account, Action
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, PeopleStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id


class Members:
    """The members of the account of a scope. Every change holds for their next click."""

    def __init__(self, store: AuthStore, people: PeopleStore, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def list(self, scope: TenantScope, after: tuple[str | None, int], size: int) -> MembersPage:
        """Members by e-mail address, and after the last of them open invitations, oldest first.

        `after`: the key of a member's address, None when all came before; the position of an invitation. One more than
        `size` when there are more.
        """
        scope.require_account(scope.account_id)
        (after_member, after_invitation), account_id, room = after, scope.account_id, size + 1
        members = [] if after_member is None else await self._people.members(account_id, after_member, room)
        room -= len(members)
        invitations: Sequence[OpenInvitation] = []
        if room:
            at_ms = now_ms(self._clock)
            invitations = await self._people.open_invitations(account_id, at_ms, after_invitation, room)
        return MembersPage(members, invitations, await self._people.owners(account_id))

    async def get(self, scope: TenantScope, user_id: str) -> Member:
        """One member. NOT_FOUND for anybody else."""
        scope.require_account(scope.account_id)
        member = await self._people.member(scope.account_id, user_id)
        if member is None:
            raise not_found("user")
        return member

    async def add(self, scope: TenantScope, email: str, role: AccountRole) -> Member:
        """Makes a user a member, or gives one another role. NOT_FOUND for an address without a user."""
        async with self._changing(scope) as (transaction, account):
            user = await transaction.user_by_email(email_key(email))
            if user is None:
                raise not_found("user")
            membership = await transaction.membership(account.id, user.id)
            if membership is None:
                at_ms = now_ms(self._clock)
                membership = await join(transaction, account.id, user, role, at_ms)
                # It would let them in again once they were removed.
                for invitation in await transaction.unended_invitations(account.id, user.email_key):
                    await transaction.save(replace(invitation, ended_ms=at_ms))
            else:
                membership = await self._give_role(transaction, membership, user, role)
        return Member(user, membership.role, membership.created_ms)

    async def set_role(self, scope: TenantScope, user_id: str, role: AccountRole) -> Member:
        """Gives a member another role. WRONG_STATE for the last owner."""
        async with self._changing(scope) as (transaction, account):
            user, membership = await _member(transaction, account, user_id)
            membership = await self._give_role(transaction, membership, user, role)
        return Member(user, membership.role, membership.created_ms)

    async def remove(self, scope: TenantScope, user_id: str) -> None:
        """Ends a membership. WRONG_STATE for that of the last owner."""
        async with self._changing(scope) as (transaction, account):
            user, membership = await _member(transaction, account, user_id)
            await transaction.remove_membership(membership.id)
            await _require_owner(transaction, membership)
            at_ms, was = now_ms(self._clock), {"email": user.email, "role": str(membership.role)}
            await transaction.add(user_event(Action.MEMBER_REMOVE, at_ms, user_id, account.id, **was))

    async def _give_role(
        self, transaction: Transaction, membership: Membership, user: User, role: AccountRole
    ) -> Membership:
        if membership.role == role:
            return membership
        changed = replace(membership, role=role)
        await transaction.save(changed)
        await _require_owner(transaction, membership)
        at_ms, roles = now_ms(self._clock), {"role": str(role), "role_before": str(membership.role)}
        details = {"email": user.email} | roles
        await transaction.add(user_event(Action.MEMBER_SET_ROLE, at_ms, user.id, membership.account_id, **details))
        return changed

    @asynccontextmanager
    async def _changing(self, scope: TenantScope) -> AsyncIterator[tuple[Transaction, Account]]:
        async with self._store.write() as transaction:
            yield transaction, await locked_account(transaction, scope)


async def locked_account(transaction: Transaction, scope: TenantScope) -> Account:
    """The account of a scope, locked to count its owners. A chatbot's token reaches none."""
    return scope.account(await transaction.account(scope.account_id, lock=True))


async def join(
    transaction: Transaction, account_id: str, user: User, role: AccountRole, at_ms: int, actor: str = ""
) -> Membership:
    """A new membership in an account that is locked. `actor`: see user_event."""
    membership = Membership(new_id("mbr"), account_id, user.id, role, at_ms)
    details = {"email": user.email, "role": str(role)}
    added = user_event(Action.MEMBER_ADD, at_ms, user.id, account_id, actor=actor, **details)
    await transaction.add(membership, added)
    return membership


async def role_of(transaction: Transaction, user: User, account_id: str) -> AccountRole | None:
    """What a user may do in an account; None: nothing."""
    if user.is_operator:
        return AccountRole.OWNER
    membership = await transaction.membership(account_id, user.id)
    return None if membership is None else membership.role


async def _member(transaction: Transaction, account: Account, user_id: str) -> tuple[User, Membership]:
    user, membership = await transaction.user(user_id), await transaction.membership(account.id, user_id)
    if user is None or membership is None:
        raise not_found("user")
    return user, membership


async def _require_owner(transaction: Transaction, before: Membership) -> None:
    if before.role == AccountRole.OWNER and not await transaction.count_owners(before.account_id):
        raise refusal(Text.LAST_OWNER)
