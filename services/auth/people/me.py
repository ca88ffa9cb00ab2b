"""What a user who has signed in sees and changes of their own."""

from collections.abc import Sequence
from dataclasses import replace

from services.auth.audit_log import user_event
from services.auth.fields import clean_name, not_found
from services.auth.people.password_attempts import PasswordAttempts
from services.auth.people.passwords import Passwords, check_password
from services.auth.people.records import MyAccount, User, UserSession
from services.auth.people.user_sessions import UserSessions, locked_caller, require_open
from services.auth.records import Action
from services.auth.store import AuthStore, PeopleStore, Transaction, Visits
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.trust.principal import current_principal


class Me:
    """The caller. SESSION_ENDED for one whose session is over."""

    def __init__(
        self,
        store: AuthStore,
        people: PeopleStore,
        visits: Visits,
        sessions: UserSessions,
        check: PasswordAttempts,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self._store = store
        self._people = people
        self._visits = visits
        self._sessions = sessions
        self._check = check
        self._passwords = passwords
        self._clock = clock

    async def get(self) -> User:
        """The caller."""
        principal = current_principal()
        caller = await self._visits.caller(principal.subject, principal.user_session_id)
        return require_open(caller, now_ms(self._clock))

    async def rename(self, name: str) -> User:
        """The caller with another name."""
        name = clean_name(name)
        async with self._store.write() as transaction:
            user, at_ms = await self._locked(transaction)
            if name != user.name:
                names = {"name": name, "name_before": user.name}
                user = replace(user, name=name)
                await transaction.save(user)
                await transaction.add(user_event(Action.USER_RENAME, at_ms, user.id, **names))
        return user

    async def change_password(self, password: str, new_password: str) -> None:
        """Gives the caller another password and ends their other sessions and their link.

        SIGN_IN_FAILED when `password` is not the present one.
        """
        user = await self.get()
        check_password(new_password, "new_password")
        await self._check.require(user.email_key, user.password_hash, password, Text.WRONG_PASSWORD)
        kept = await self._passwords.hash(new_password)
        async with self._store.write() as transaction:
            now, at_ms = await self._locked(transaction)
            if now.password_hash != user.password_hash:
                raise refusal(Text.WRONG_PASSWORD)
            await transaction.set_password(user.id, kept)
            await transaction.end_links(user.id)
            await transaction.end_sessions(user.id, but=current_principal().user_session_id)
            await transaction.add(user_event(Action.USER_PASSWORD, at_ms, user.id))

    async def accounts(self, after: tuple[str, str] | None, size: int) -> Sequence[MyAccount]:
        """The caller's accounts by name, from behind a name and id.

        One more than `size` when there are more.
        """
        return await self._people.accounts_of(await self.get(), after, size)

    async def sessions(self) -> Sequence[UserSession]:
        """The caller's open sessions, the one that was used last first."""
        return await self._sessions.list(await self.get())

    async def end_session(self, session_id: str) -> int:
        """Ends one session of the caller. NOT_FOUND for one that is not theirs."""
        async with self._store.write() as transaction:
            user, at_ms = await self._locked(transaction)
            session = await transaction.session(session_id)
            if session is None or session.user_id != user.id:
                raise not_found("session")
            return await self._ended(transaction, user, at_ms, await transaction.end_session(session_id))

    async def end_other_sessions(self) -> int:
        """Ends all sessions of the caller but the one of this call; how many there were."""
        async with self._store.write() as transaction:
            user, at_ms = await self._locked(transaction)
            ended = await transaction.end_sessions(user.id, but=current_principal().user_session_id)
            return await self._ended(transaction, user, at_ms, ended)

    async def _locked(self, transaction: Transaction) -> tuple[User, int]:
        at_ms = now_ms(self._clock)
        return await locked_caller(transaction, at_ms), at_ms

    async def _ended(self, transaction: Transaction, user: User, at_ms: int, sessions: int) -> int:
        if sessions:
            await transaction.add(user_event(Action.USER_SIGN_OUT, at_ms, user.id, sessions=str(sessions)))
        return sessions
