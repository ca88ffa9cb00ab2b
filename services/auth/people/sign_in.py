"""Signing in with an e-mail address and a password."""

from services.auth.people.emails import email_key
from services.auth.people.password_attempts import PasswordAttempts
from services.auth.people.records import User
from services.auth.people.user_sessions import Client, NewSession, UserSessions
from services.auth.store import AuthStore
from services.errors import Text, refusal


class SignIn:
    """The way in. What is unknown and what is wrong read the same and take the same time."""

    def __init__(self, store: AuthStore, sessions: UserSessions, check: PasswordAttempts) -> None:
        self._store = store
        self._sessions = sessions
        self._check = check

    async def sign_in(self, email: str, password: str, client: Client) -> NewSession:
        """A session. SIGN_IN_FAILED for an unknown address, a wrong password or a disabled user."""
        key = email_key(email)
        async with self._store.read() as transaction:
            user = await transaction.user_by_email(key)
        await self._check.require(key, kept_password(user), password)
        async with self._store.write() as transaction:
            # Under the user's lock: a password that was changed or a user who was disabled meanwhile opens nothing.
            now = await transaction.user_by_email(key, lock=True)
            if now is None or kept_password(now) != kept_password(user):
                raise refusal(Text.SIGN_IN_FAILED)
            return await self._sessions.begin(transaction, now, client)


def kept_password(user: User | None) -> str | None:
    """The hash of the password that opens the door to a user; None: no password does."""
    return user.password_hash if user is not None and user.enabled else None
