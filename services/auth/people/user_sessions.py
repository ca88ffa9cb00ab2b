"""Rules of users' sessions: how they begin, how long they last, and how they end."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.auth import random_secret
from services.auth.allowlist import parse_address
from services.auth.audit_log import user_event
from services.auth.last_used import LastUsed
from services.auth.people.records import Caller, SessionGrant, User, UserSession
from services.auth.records import Action
from services.auth.store import PeopleStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id
from services.trust.principal import current_principal

IDLE_MS = 12 * 60 * 60 * 1000
LONGEST_MS = 30 * 24 * 60 * 60 * 1000
MAXIMUM_SESSIONS = 100
LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Client:
    """Where a session is begun from, as far as it is known."""

    address: str
    agent: str


class NewSession(NamedTuple):
    """The secret of a session, and the Unix seconds at which it ends whatever is done with it."""

    secret: str
    expires_at: int


class UserSessions:
    """Sessions as the database has them now: no cache could keep alive one that was ended."""

    def __init__(self, people: PeopleStore, seen: LastUsed[tuple[str, str]], clock: Clock) -> None:
        self._people = people
        self._seen = seen
        self._clock = clock

    async def find(self, secret: str) -> SessionGrant | None:
        """The open session that a secret opens, which counts as a use; None for any other secret."""
        if not random_secret.is_well_formed(secret):
            return None
        grant = await self._people.session_grant(random_secret.digest(secret))
        if grant is None or not grant.user_enabled or not is_open(grant, now_ms(self._clock)):
            return None
        self._seen.mark((grant.user_id, grant.session_id))
        return grant

    async def begin(self, transaction: Transaction, user: User, client: Client) -> NewSession:
        """Begin a session of a user whose row is locked. Of a hundred others the oldest is ended."""
        secret, at_ms = random_secret.new_secret(), now_ms(self._clock)
        address = parse_address(client.address)
        session = UserSession(
            id=new_id("uss"),
            user_id=user.id,
            created_ms=at_ms,
            last_seen_ms=at_ms,
            expires_ms=at_ms + LONGEST_MS,
            address=str(address or ""),
            agent=_printable(client.agent),
        )
        await transaction.forget_sessions(user.id, at_ms, at_ms - IDLE_MS, MAXIMUM_SESSIONS - 1)
        await transaction.add(session, digest=random_secret.digest(secret))
        await transaction.add(user_event(Action.USER_SIGN_IN, at_ms, user.id, actor=user.id, address=session.address))
        return NewSession(secret, session.expires_ms // 1000)

    async def list(self, user: User) -> Sequence[UserSession]:
        """The user's open sessions, the one that was used last first.

        That of the caller is used now.
        """
        at_ms, current = now_ms(self._clock), current_principal().user_session_id
        kept = await self._people.sessions(user.id, at_ms, at_ms - IDLE_MS, MAXIMUM_SESSIONS)
        sessions = [replace(one, last_seen_ms=at_ms) if one.id == current else one for one in kept]
        return sorted(sessions, key=lambda session: session.id != current)


async def locked_caller(transaction: Transaction, at_ms: int) -> User:
    """The user who calls, whose row is locked. SESSION_ENDED as of `require_open`."""
    principal = current_principal()
    user = await transaction.user(principal.subject, lock=True)
    session = await transaction.session(principal.user_session_id)
    if user is None or session is None or session.user_id != user.id:
        raise refusal(Text.SESSION_ENDED)
    return require_open(Caller(user, session.last_seen_ms, session.expires_ms), at_ms)


def require_open(caller: Caller | None, at_ms: int) -> User:
    """The user who calls. SESSION_ENDED when the session is over, or they are disabled."""
    if caller is None or not caller.user.enabled or not is_open(caller, at_ms):
        raise refusal(Text.SESSION_ENDED)
    return caller.user


def is_open(session: SessionGrant | Caller, at_ms: int) -> bool:
    """Whether neither its time is over nor it was left unused for too long."""
    return at_ms < session.expires_ms and at_ms - session.last_seen_ms < IDLE_MS


def _printable(agent: str) -> str:
    return "".join(letter for letter in agent if unicodedata.category(letter) != "Cc")[:LONGEST_AGENT]
