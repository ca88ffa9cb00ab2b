"""What is written down of one question, whatever becomes of its call."""

import asyncio

from services.chat.background import BackgroundWork, insist
from services.chat.memory import Memory
from services.chat.retention import Retention
from services.chat.sessions import Turn
from services.ids import new_id

TAKING_BACK_SECONDS = 1.0
"""So long an error waits for its turn to be out, so that a retry does not read it. Then the work goes on alone."""


class Record:
    """One question's turn. What is begun is done in the background, so that a client that leaves leaves nothing half.

    `session_id` None: a conversation of its own.
    """

    def __init__(
        self,
        memory: Memory,
        background: BackgroundWork,
        retention: Retention,
        chatbot_id: str,
        session_id: str | None,
    ) -> None:
        self._memory = memory
        self._background = background
        self._retention = retention
        self._chatbot_id = chatbot_id
        self._asked_in = session_id
        self._session_id = session_id or new_id("ses")
        self._turn: Turn | None = None
        self._storing: asyncio.Task[None] | None = None

    async def store(self, turn: Turn) -> None:
        """Returns when the turn is stored. A store that is down does not spoil the answer."""
        self._turn, self._storing = turn, self._background.start("memory of a turn", self._append(turn))
        if self._storing is not None:
            await asyncio.shield(self._storing)

    async def take_back(self) -> None:
        """Takes out the turn again, if one was stored: its answer did not leave. Returns when it is out, or soon."""
        if self._turn is None or self._storing is None:
            return
        removing = self._background.start("taking back a turn", self._remove(self._turn, self._storing))
        if removing is not None:
            await asyncio.wait({removing}, timeout=TAKING_BACK_SECONDS)

    def broke_off(self, turn: Turn) -> None:
        """Stores a turn whose answer broke off."""
        self._background.start("memory of a broken turn", self._append(turn))

    def failed(self, turn: Turn) -> None:
        """Keeps a question that got no answer, for operators."""
        self._background.start("note of a failure", self._memory.note(self._chatbot_id, self._asked_in, turn))

    async def _append(self, turn: Turn) -> None:
        await self._memory.append(self._chatbot_id, self._session_id, turn, self._retention.since_ms())

    async def _remove(self, turn: Turn, storing: "asyncio.Task[None]") -> None:
        await asyncio.wait({storing})
        await insist(lambda: self._memory.take_back(self._chatbot_id, self._session_id, turn))
