"""Rules of users: who they are, and whether they may sign in."""

from collections.abc import Sequence
from dataclasses import replace

from services.auth.audit_log import user_event
from services.auth.fields import clean_name, not_found
from services.auth.people.emails import clean_email, email_key
from services.auth.people.records import User
from services.auth.records import Action, AuditEvent
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, PeopleStore
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id


class Users:
    """All users, for operators whose tokens are not scoped."""

    def __init__(self, store: AuthStore, people: PeopleStore, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def create(self, scope: TenantScope, email: str, name: str, is_operator: bool) -> User:
        """A new user without a password. WRONG_STATE when the address has one."""
        scope.require_everything()
        user = new_user(email, name, now_ms(self._clock), is_operator=is_operator)
        async with self._store.write() as transaction:
            if await transaction.user_by_email(user.email_key):
                raise refusal(Text.USER_EXISTS)
            await transaction.add_user(user)
            await transaction.add(creation(user))
        return user

    async def list(self, scope: TenantScope, after: int, size: int) -> Sequence[User]:
        """All users, oldest first; one more than `size` when there are more."""
        scope.require_everything()
        return await self._people.users(after, size)

    async def set_enabled(self, scope: TenantScope, user_id: str, enabled: bool) -> User:
        """Lets a user sign in or not; without, their sessions are over.

        WRONG_STATE for the last operator who can.
        """
        scope.require_everything()
        async with self._store.write() as transaction:
            # Under the locks of all operators: of two who disable each other at once, one stays.
            found = await transaction.user_and_operators(user_id)
            user = found.pop(user_id, None)
            if user is None:
                raise not_found("user")
            if user.enabled == enabled:
                return user
            if user.is_operator and not enabled and not found:
                raise refusal(Text.LAST_OPERATOR)
            at_ms = now_ms(self._clock)
            user = replace(user, disabled_ms=None if enabled else at_ms)
            await transaction.save(user)
            await transaction.end_sessions(user.id)
            action = Action.USER_ENABLE if enabled else Action.USER_DISABLE
            await transaction.add(user_event(action, at_ms, user.id))
        return user


def new_user(email: str, name: str, at_ms: int, *, is_operator: bool = False) -> User:
    """A user without a password. INVALID_FIELD for a bad address or name."""
    email = clean_email(email)
    return User(new_id("usr"), email, email_key(email), clean_name(name), is_operator, at_ms)


def creation(user: User, actor: str = "") -> AuditEvent:
    """The event that tells of a new user. `actor`: see user_event."""
    details = {"email": user.email, "name": user.name} | ({"is_operator": "true"} if user.is_operator else {})
    return user_event(Action.USER_CREATE, user.created_ms, user.id, actor=actor, **details)
