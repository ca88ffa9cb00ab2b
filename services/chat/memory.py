"""What a conversation needs of its past, and where its turns go."""

from dataclasses import dataclass
from typing import Protocol

from services.chat.answerers.answerer import PastTurn
from services.chat.profile import Profile
from services.chat.sessions import Turn


@dataclass(frozen=True, slots=True)
class Opening:
    """What a question starts from. `past`: the newest turns of the session, oldest first."""

    profile: Profile
    past: tuple[PastTurn, ...] = ()


class Memory(Protocol):
    """Profiles and turns. `since_ms`: a session whose last message is older counts as not there."""

    async def opening(self, chatbot_id: str, session_id: str | None, since_ms: int) -> Opening:
        """The chatbot's profile and the session's newest turns."""
        ...

    async def append(self, chatbot_id: str, session_id: str, turn: Turn, since_ms: int) -> None:
        """Adds a turn at the end of the session, which begins with it if there is none."""
        ...

    async def take_back(self, chatbot_id: str, session_id: str, turn: Turn) -> None:
        """Takes an added turn out again; a session without another goes with it."""
        ...

    async def note(self, chatbot_id: str, session_id: str | None, turn: Turn) -> None:
        """Keeps a question that got no answer, for operators; no part of any session. May be forgotten in a rush."""
        ...
