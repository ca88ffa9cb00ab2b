"""Where requests with an `Idempotency-Key` stand, as all replicas see it.

An entry is worked on by one attempt at a time, which holds it by a lease that it renews; when the lease ends, its
process has died, and whoever comes next takes over. The entry names the reservation of the request's credit, so that
every attempt charges the same one.
"""

from dataclasses import dataclass
from typing import Protocol

from services.chat.idempotency.identity import Identity


@dataclass(frozen=True, slots=True)
class Taken:
    """The entry is this attempt's to work on, with the credit of this reservation."""

    reservation_id: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Another attempt is at work."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer is there; see `Reply.from_json`."""

    reply: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used with another body."""


Standing = Taken | Busy | Stored | Conflict


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a request. `reservation_id` is for an entry that has none yet."""

    id: str
    reservation_id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is, in Unix milliseconds. Entries begun before `since_ms` are over; new leases end at `lease_ms`."""

    now_ms: int
    since_ms: int
    lease_ms: int


class Entries(Protocol):
    """The entries. Each call is atomic over all replicas. An attempt that was replaced changes nothing (False)."""

    async def begin(self, identity: Identity, attempt: Attempt, moment: Moment) -> Standing:
        """Makes the entry, or takes over one that was left; else tells how it stands."""
        ...

    async def renew(self, identity: Identity, attempt_id: str, lease_ms: int) -> bool:
        """Holds the entry until `lease_ms`."""
        ...

    async def move(self, identity: Identity, attempt_id: str, reservation_id: str) -> bool:
        """Puts another reservation in place of one that was lost."""
        ...

    async def finish(self, identity: Identity, attempt_id: str, reply: str) -> bool:
        """Stores the answer."""
        ...

    async def leave(self, identity: Identity, attempt_id: str) -> bool:
        """Lets the next attempt begin at once, with the same reservation: it may have been charged."""
        ...

    async def forget(self, identity: Identity, attempt_id: str) -> bool:
        """Takes the entry away: nothing was charged, and nothing is to be known of it.

        False also for an entry that was taken over: what the attempt before was charged for, nobody can tell.
        """
        ...
