"""What a transaction of Auth's store looks at and changes of people."""

from collections.abc import Sequence

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.auth.people.records import AccountRole, Invitation, Membership, SignInLink, User, UserSession
from services.auth.store.people_tables import InvitationRow, MembershipRow, SignInLinkRow, UserRow, UserSessionRow
from services.auth.store.row_access import RowAccess
from services.database.records import to_record
from services.errors import Text, refusal

to_user = to_record(User, UserRow)
to_session = to_record(UserSession, UserSessionRow)
to_membership = to_record(Membership, MembershipRow, role=AccountRole)
to_invitation = to_record(Invitation, InvitationRow, role=AccountRole)
to_link = to_record(SignInLink, SignInLinkRow)


class PeopleTransaction(RowAccess):
    """Locks are taken in one order: account, user, link, sessions."""

    async def user(self, user_id: str, *, lock: bool = False) -> User | None:
        """The user with this id."""
        return await self._find(UserRow, to_user, UserRow.id == user_id, lock)

    async def user_by_email(self, email_key: str, *, lock: bool = False) -> User | None:
        """The user of this address."""
        return await self._find(UserRow, to_user, UserRow.email_key == email_key, lock)

    async def has_users(self) -> bool:
        """Whether there is anybody."""
        return (await self._rows.exec(select(UserRow.id).limit(1))).first() is not None

    async def user_and_operators(self, user_id: str) -> dict[str, User]:
        """The user and all operators who can sign in, by id, locked."""
        is_operator = col(UserRow.is_operator) & col(UserRow.disabled_ms).is_(None)
        query = select(UserRow).where(is_operator | (col(UserRow.id) == user_id)).order_by(UserRow.id)
        return {row.id: to_user(row) for row in await self._rows.exec(query.with_for_update())}

    async def add_user(self, user: User) -> None:
        """Add a user. USER_EXISTS when another transaction has given the address one."""
        try:
            await self.add(user)
        except IntegrityError as error:
            raise refusal(Text.USER_EXISTS) from error

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Give the user another password, whatever else of them changes meanwhile."""
        changed = update(UserRow).where(col(UserRow.id) == user_id).values(password_hash=password_hash)
        await self._rows.exec(changed)

    async def session(self, session_id: str) -> UserSession | None:
        """The session with this id."""
        return await self._find(UserSessionRow, to_session, UserSessionRow.id == session_id)

    async def end_session(self, session_id: str) -> int:
        """Delete one session; return how many there were."""
        return len(await self._delete(UserSessionRow, to_session, UserSessionRow.id == session_id))

    async def end_sessions(self, user_id: str, *, but: str = "") -> int:
        """Delete the user's sessions, all `but` one; return how many there were."""
        theirs = (col(UserSessionRow.user_id) == user_id) & (col(UserSessionRow.id) != but)
        return len(await self._delete(UserSessionRow, to_session, theirs))

    async def forget_sessions(self, user_id: str, now_ms: int, seen_ms: int, kept: int) -> None:
        """Delete the user's sessions that are over or unseen since `seen_ms`, and all but `kept`."""
        theirs = select(UserSessionRow.id).where(UserSessionRow.user_id == user_id)
        recent = theirs.where(UserSessionRow.expires_ms > now_ms, UserSessionRow.last_seen_ms > seen_ms)
        newest = recent.order_by(col(UserSessionRow.last_seen_ms).desc(), UserSessionRow.id).limit(kept)
        over = (col(UserSessionRow.user_id) == user_id) & col(UserSessionRow.id).not_in(newest)
        await self._delete(UserSessionRow, to_session, over)

    async def membership(self, account_id: str, user_id: str) -> Membership | None:
        """What the user may do in the account."""
        theirs = (col(MembershipRow.account_id) == account_id) & (col(MembershipRow.user_id) == user_id)
        return await self._find(MembershipRow, to_membership, theirs)

    async def remove_membership(self, membership_id: str) -> None:
        """Delete a membership."""
        await self._delete(MembershipRow, to_membership, MembershipRow.id == membership_id)

    async def count_owners(self, account_id: str) -> int:
        """Owners of the account who can sign in."""
        query = select(func.count()).select_from(MembershipRow).join(UserRow, col(UserRow.id) == MembershipRow.user_id)
        owners = query.where(MembershipRow.account_id == account_id, MembershipRow.role == AccountRole.OWNER)
        return (await self._rows.exec(owners.where(col(UserRow.disabled_ms).is_(None)))).one()

    async def invitation(self, account_id: str, invitation_id: str) -> Invitation | None:
        """The account's invitation with this id."""
        wanted = (col(InvitationRow.account_id) == account_id) & (col(InvitationRow.id) == invitation_id)
        return await self._find(InvitationRow, to_invitation, wanted)

    async def invitation_of(self, digest: bytes) -> Invitation | None:
        """The invitation with this digest. Invitations change under the lock of their account."""
        return await self._find(InvitationRow, to_invitation, InvitationRow.digest == digest)

    async def invitation_created_by(self, creation_id: str) -> Invitation | None:
        """The invitation that a request with this id made."""
        return await self._find(InvitationRow, to_invitation, InvitationRow.creation_id == creation_id)

    async def unended_invitations(self, account_id: str, email_key: str) -> Sequence[Invitation]:
        """The address's invitations to the account that were not ended, whatever their age."""
        query = select(InvitationRow).where(
            InvitationRow.account_id == account_id,
            InvitationRow.email_key == email_key,
            col(InvitationRow.ended_ms).is_(None),
        )
        return [to_invitation(row) for row in await self._rows.exec(query)]

    async def forget_invitations(self, account_id: str, before_ms: int) -> None:
        """Delete the account's invitations that expired before a time."""
        old = (col(InvitationRow.account_id) == account_id) & (col(InvitationRow.expires_ms) < before_ms)
        await self._delete(InvitationRow, to_invitation, old)

    async def link_of(self, digest: bytes) -> SignInLink | None:
        """The link whose secret has this digest."""
        return await self._find(SignInLinkRow, to_link, SignInLinkRow.digest == digest)

    async def end_links(self, user_id: str | None) -> None:
        """Delete the user's links; None: those for the first owner."""
        await self._delete(SignInLinkRow, to_link, col(SignInLinkRow.user_id).is_not_distinct_from(user_id))
