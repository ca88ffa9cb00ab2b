"""Where a request with an `Idempotency-Key` stands, as all replicas see it.

An entry is worked on by one attempt at a time, which holds it by a lease that it renews; when the lease ends, its
process has died, and the next one that comes takes over. The entry names the reservation of the request's credit, so
that every attempt charges the same one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A request that may come again: its API key, its name, and what it asks (`digest`).

    `conversation_id`: of a visitor's request, which is deleted with it.
    """

    api_key_id: str
    chatbot_id: str
    key: str
    digest: str
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a request. `reservation_id` is for an entry that has none yet."""

    identity: Identity
    id: str
    reservation_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The entry is this attempt's to work on, with the credit of this reservation."""

    reservation_id: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Another attempt is at work."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer is there; `reply` holds its parts, as JSON."""

    reply: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used with another body."""


EntryState = Taken | Busy | Stored | Conflict


def digest_of(fields: Mapping[str, object], *, whole: bool) -> str:
    """The identity of a body: all its fields, with their defaults put in."""
    return hashlib.sha256(json.dumps([dict(fields), whole], sort_keys=True).encode()).hexdigest()
