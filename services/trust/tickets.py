"""Tickets: what a visitor of a website may ask with for ten minutes.

A ticket is in the hands of somebody else's page. It is signed with the installation's secret, as principal tokens are,
and is none: its audience is no service, and it names no role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.clock import Clock
from services.errors import ChatmountError, Text, refusal
from services.trust.signed_claims import SecretSource, read, sign

AUDIENCE = "widget"
TTL_SECONDS = 600

CLAIMS = {
    "bot": "chatbot_id",
    "wgt": "widget_id",
    "origin": "origin",
    "vis": "visitor_digest",
    "cnv": "conversation_id",
    "new": "may_begin",
}
"""The fields of a ticket by their names in a token."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who asks, where, and in which conversation; `may_begin`: one that may not be there yet."""

    chatbot_id: str
    widget_id: str
    # "": a page without one, in an app.
    origin: str
    visitor_digest: str
    conversation_id: str
    may_begin: bool


class TicketSigner:
    """Signs and verifies tickets."""

    def __init__(self, secrets: SecretSource, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def sign(self, ticket: Ticket) -> str:
        """The ticket, good from now on for TTL_SECONDS."""
        now = int(self._clock())
        claims = {claim: getattr(ticket, field) for claim, field in CLAIMS.items()}
        times = {"iat": now, "exp": now + TTL_SECONDS}
        return sign({"aud": AUDIENCE, **times, **claims}, self._secrets.current()[0])

    def verify(self, token: str) -> Ticket:
        """The ticket in a token. INVALID_TICKET for any other, and for one that has ended."""
        # Another process may have signed with a secret that this one sees only if it looks at once.
        claims = self._read(token, self._secrets.current()) or self._read(token, self._secrets.at_once())
        if claims is None or claims["exp"] <= self._clock():
            raise invalid_ticket()
        return Ticket(**{field: claims[claim] for claim, field in CLAIMS.items()})

    def _read(self, token: str, secrets: tuple[str, ...]) -> Mapping[str, Any] | None:
        return read(token, secrets, AUDIENCE, tuple(CLAIMS))


def invalid_ticket() -> ChatmountError:
    """The same for all that is wrong with a ticket: another one is the only remedy."""
    return refusal(Text.INVALID_TICKET)
