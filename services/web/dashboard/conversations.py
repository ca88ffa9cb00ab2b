"""Conversations as pages show them: their addresses, and which of them a list shows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import Text, refusal
from services.trust.principal import Channel
from services.web.dashboard.days import day_in, first_second, last_second
from services.web.dashboard.forms import Form
from services.web.dashboard.turns import Turn

CHANNELS = {str(Channel.API): "API", str(Channel.WIDGET): "Widget", str(Channel.PLAYGROUND): "Playground"}
MAXIMUM_TEXT_LENGTH = 200

_PREFIX = "con_"
_NO_DAY = "{} must be a day, such as 2026-11-23."


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
    """A page of a list of conversations."""

    conversations: Sequence[Conversation]
    next_token: str


@dataclass(frozen=True, slots=True)
class Read:
    """A page of the turns of a conversation, oldest first."""

    conversation: Conversation
    turns: Sequence[Turn]
    next_token: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations: those that were last used from one day to another, both included."""

    channel: str = ""
    since: str = ""
    until: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """From an address."""
        return cls(*(query.get(name, "").strip() for name in cls.__slots__))

    @property
    def form(self) -> Form:
        """What is filled in, and what is wrong with it."""
        form = Form.of(**asdict(self))
        for name, value in (("since", self.since), ("until", self.until)):
            if value and day_in(value) is None:
                form = form.wrong(name, _NO_DAY.format(name))
        if len(self.text) > MAXIMUM_TEXT_LENGTH:
            form = form.wrong("text", f"text must be at most {MAXIMUM_TEXT_LENGTH} characters.")
        return form

    @property
    def message(self) -> pb.ConversationFilter:
        """For the service; only where nothing is wrong."""
        wanted = pb.ConversationFilter(channel=self.channel, text=self.text)
        if since := day_in(self.since):
            wanted.since_ms = first_second(since) * 1000
        if until := day_in(self.until):
            wanted.until_ms = (last_second(until) + 1) * 1000
        return wanted

    @property
    def query(self) -> str:
        """What stands in an address; "" for all."""
        return urlencode({name: value for name, value in asdict(self).items() if value})
