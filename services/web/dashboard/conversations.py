"""Conversations as pages show them: their addresses, and which of them a list shows."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import Text, refusal
from services.ratings import rating_named
from services.trust.principal import Channel
from services.web.dashboard.filters import Filter, one_of
from services.web.dashboard.turns import Turn

CHANNELS = {str(Channel.API): "API", str(Channel.WIDGET): "Widget", str(Channel.PLAYGROUND): "Playground"}
MAXIMUM_TEXT_LENGTH = 200
RATED = {"up": "Rated up", "down": "Rated down"}
FIELDS = {
    "channel": one_of(CHANNELS),
    "rated": one_of(RATED),
    "text": re.compile(f".{{1,{MAXIMUM_TEXT_LENGTH}}}", re.DOTALL),
}
"""What lists are narrowed by, besides days."""

_PREFIX = "con_"


def address_of(session_id: str) -> str:
    """A session's part of an address: its id may hold nearly any character."""
    return _PREFIX + urlsafe_b64encode(session_id.encode()).decode().rstrip("=")


def session_id_at(address: str) -> str:
    """The session's id. NOT_FOUND for an address that stands for none."""
    encoded = address.removeprefix(_PREFIX)
    try:
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError as error:
        raise refusal(Text.NOT_FOUND, thing="session") from error


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its turns. Times in Unix seconds."""

    id: str
    address: str
    first_question: str
    channel: str
    turns: int
    created_at: int
    last_used_at: int

    @classmethod
    def of(cls, session: pb.Session) -> "Conversation":
        """From the message."""
        return cls(
            session.id,
            address_of(session.id),
            session.first_question,
            CHANNELS.get(session.channel, session.channel),
            session.turns,
            session.created_at,
            session.last_used_at,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list of conversations.

    `looked_back_to`, in Unix seconds: a search has looked so far, and goes on on the next page; 0 otherwise.
    """

    conversations: Sequence[Conversation]
    next_token: str
    looked_back_to: float = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A page of the turns of a conversation, oldest first."""

    conversation: Conversation
    turns: Sequence[Turn]
    next_token: str


def wanted(chosen: Filter) -> pb.ConversationFilter:
    """Those of some days, with a text and a rating; for the service."""
    return pb.ConversationFilter(
        channel=chosen.form.get("channel"),
        text=chosen.form.get("text"),
        rating=rating_named(chosen.form.get("rated")),
        since_ms=chosen.since_ms or 0,
        until_ms=chosen.until_ms or 0,
    )
