"""What stands alone of people: the look-up of every click, when they were seen, lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, case, func, not_, or_, select, tuple_, update
from sqlmodel import col

from services.auth.people.records import (
    USER_PREFIX,
    AccountRole,
    Member,
    MyAccount,
    OpenInvitation,
    SessionGrant,
    User,
    UserSession,
)
from services.auth.store.people_tables import MembershipRow
from services.auth.store.people_transaction import to_invitation, to_session, to_user
from services.auth.store.tables import AccountRow, AuthTable
from services.auth.store.transaction import to_account
from services.database import Database

_NAMES = ("users", "user_sessions", "memberships", "invitations")
_USERS, _SESSIONS, _MEMBERSHIPS, _INVITATIONS = (AuthTable.metadata.tables[name] for name in _NAMES)
_GRANT = (
    select(
        _SESSIONS.c.id, _USERS.c.id, _SESSIONS.c.last_seen_ms, _SESSIONS.c.expires_ms, _USERS.c.disabled_ms.is_(None)
    )
    .join_from(_SESSIONS, _USERS, _USERS.c.id == _SESSIONS.c.user_id)
    .where(_SESSIONS.c.digest == bindparam("digest"))
)
# Made once: making a statement costs more than running it.
_PAGE_OF_USERS = (
    select(_USERS).where(_USERS.c.position > bindparam("after")).order_by(_USERS.c.position).limit(bindparam("size"))
)
_OPEN_SESSIONS = (
    select(_SESSIONS)
    .where(
        _SESSIONS.c.user_id == bindparam("user_id"),
        _SESSIONS.c.expires_ms > bindparam("now_ms"),
        _SESSIONS.c.last_seen_ms > bindparam("seen_ms"),
    )
    .order_by(_SESSIONS.c.last_seen_ms.desc(), _SESSIONS.c.position.desc())
    .limit(bindparam("size"))
)
_MEMBERS = (
    select(_USERS, _MEMBERSHIPS.c.role, _MEMBERSHIPS.c.created_ms.label("joined_ms"))
    .join_from(_USERS, _MEMBERSHIPS, _MEMBERSHIPS.c.user_id == _USERS.c.id)
    .where(_MEMBERSHIPS.c.account_id == bindparam("account_id"))
)
_PAGE_OF_MEMBERS = (
    _MEMBERS.where(_USERS.c.email_key > bindparam("after")).order_by(_USERS.c.email_key).limit(bindparam("size"))
)
_MEMBER = _MEMBERS.where(_USERS.c.id == bindparam("user_id"))
_OWNERS = (
    select(func.count())
    .select_from(_MEMBERSHIPS.join(_USERS, _USERS.c.id == _MEMBERSHIPS.c.user_id))
    .where(
        _MEMBERSHIPS.c.account_id == bindparam("account_id"),
        _MEMBERSHIPS.c.role == AccountRole.OWNER,
        _USERS.c.disabled_ms.is_(None),
    )
)
# Who made an invitation must be an owner still, or it opens nothing; the command line is no user.
_MAKER = (_MEMBERSHIPS.c.account_id == _INVITATIONS.c.account_id) & (_MEMBERSHIPS.c.user_id == _USERS.c.id)
_OPEN_INVITATIONS = (
    select(_INVITATIONS, case((_MEMBERSHIPS.c.id.is_not(None), _USERS.c.email), else_="").label("by_email"))
    .select_from(
        _INVITATIONS.outerjoin(
            _USERS, (_USERS.c.id == _INVITATIONS.c.created_by) & _USERS.c.disabled_ms.is_(None)
        ).outerjoin(_MEMBERSHIPS, _MAKER)
    )
    .where(
        _INVITATIONS.c.account_id == bindparam("account_id"),
        _INVITATIONS.c.expires_ms > bindparam("now_ms"),
        _INVITATIONS.c.ended_ms.is_(None),
        or_(
            not_(_INVITATIONS.c.created_by.startswith(USER_PREFIX, autoescape=True)),
            _USERS.c.is_operator,
            _MEMBERSHIPS.c.role == AccountRole.OWNER,
        ),
    )
)
_PAGE_OF_INVITATIONS = (
    _OPEN_INVITATIONS.where(_INVITATIONS.c.position > bindparam("after"))
    .order_by(_INVITATIONS.c.position)
    .limit(bindparam("size"))
)
_OPEN_INVITATION = _OPEN_INVITATIONS.where(_INVITATIONS.c.id == bindparam("invitation_id"))


class PeopleStore:
    """Users, their sessions, members and invitations in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def session_grant(self, digest: bytes) -> SessionGrant | None:
        """What the session with this digest opens; every commit that returned anywhere is seen."""
        row = await self._database.look_up(_GRANT, {"digest": digest})
        return None if row is None else SessionGrant(*row)

    async def mark_seen(self, seen_ms: Mapping[tuple[str, str], int]) -> None:
        """Set when users were last seen in which session, never back in time.

        First the users, then the sessions, each in the order of ids, so that no two transactions wait for each other.
        """
        users: dict[str, int] = {}
        for (user_id, _), at_ms in seen_ms.items():
            users[user_id] = max(at_ms, users.get(user_id, 0))
        sessions = {session_id: at_ms for (_, session_id), at_ms in seen_ms.items()}
        async with self._database.write() as connection:
            for table, marks in ((_USERS, users), (_SESSIONS, sessions)):
                seen = table.c.last_seen_ms
                later = or_(seen.is_(None), seen < bindparam("at_ms"))
                mark = update(table).where(table.c.id == bindparam("marked"), later)
                parameters = [{"marked": marked, "at_ms": marks[marked]} for marked in sorted(marks)]
                await connection.execute(mark.values(last_seen_ms=bindparam("at_ms")), parameters)

    async def users(self, after: int, size: int) -> Sequence[User]:
        """Users by age, from behind the position `after`; one more than `size` when there are more."""
        rows = await self._database.fetch(_PAGE_OF_USERS, {"after": after, "size": size + 1})
        return [to_user(row) for row in rows]

    async def sessions(self, user_id: str, now_ms: int, seen_ms: int, size: int) -> Sequence[UserSession]:
        """The user's sessions that last beyond now and were seen after `seen_ms`, the latest first."""
        wanted = {"user_id": user_id, "now_ms": now_ms, "seen_ms": seen_ms, "size": size}
        return [to_session(row) for row in await self._database.fetch(_OPEN_SESSIONS, wanted)]

    async def accounts_of(self, user: User, after: tuple[str, str] | None, size: int) -> Sequence[MyAccount]:
        """The user's accounts by name, from behind the name and id `after`; an operator's are all."""
        name = func.lower(col(AccountRow.name))
        query: Any = select(AccountRow.__table__)
        if not user.is_operator:
            joined = col(MembershipRow.account_id) == col(AccountRow.id)
            query = select(AccountRow.__table__, col(MembershipRow.role)).join(MembershipRow, joined)
            query = query.where(col(MembershipRow.user_id) == user.id)
        if after is not None:
            query = query.where(tuple_(name, col(AccountRow.id)) > tuple_(func.lower(after[0]), after[1]))
        rows = await self._database.fetch(query.order_by(name, col(AccountRow.id)).limit(size + 1))
        return [
            MyAccount(to_account(row), AccountRole.OWNER if user.is_operator else AccountRole(row.role)) for row in rows
        ]

    async def members(self, account_id: str, after: str, size: int) -> Sequence[Member]:
        """The account's members by e-mail address, from behind the key `after` of one."""
        wanted = {"account_id": account_id, "after": after, "size": size}
        return [_member(row) for row in await self._database.fetch(_PAGE_OF_MEMBERS, wanted)]

    async def member(self, account_id: str, user_id: str) -> Member | None:
        """One of them."""
        row = await self._database.look_up(_MEMBER, {"account_id": account_id, "user_id": user_id})
        return None if row is None else _member(row)

    async def owners(self, account_id: str) -> int:
        """How many owners of the account can sign in."""
        ((owners,),) = await self._database.fetch(_OWNERS, {"account_id": account_id})
        return int(owners)

    async def open_invitations(self, account_id: str, now_ms: int, after: int, size: int) -> Sequence[OpenInvitation]:
        """The account's invitations that can be accepted, oldest first, from behind a position."""
        wanted = {"account_id": account_id, "now_ms": now_ms, "after": after, "size": size}
        return [_open_invitation(row) for row in await self._database.fetch(_PAGE_OF_INVITATIONS, wanted)]

    async def open_invitation(self, account_id: str, now_ms: int, invitation_id: str) -> OpenInvitation | None:
        """One of them."""
        wanted = {"account_id": account_id, "now_ms": now_ms, "invitation_id": invitation_id}
        row = await self._database.look_up(_OPEN_INVITATION, wanted)
        return None if row is None else _open_invitation(row)


def _member(row: Any) -> Member:
    return Member(to_user(row), AccountRole(row.role), row.joined_ms)


def _open_invitation(row: Any) -> OpenInvitation:
    return OpenInvitation(to_invitation(row), row.by_email)
