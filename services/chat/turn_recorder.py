"""The record of one question: a turn, or a failure, whatever becomes of its call."""

import asyncio

from services.chat.background import BackgroundWork, insist
from services.chat.session_retention import Retention
from services.chat.sessions import Turn, new_session_id
from services.chat.store.turns import TurnStore
from services.chat.trace import Trace
from services.chat.visitor import Visit
from services.observe.spans import span
from services.trust.principal import Channel

TAKING_BACK_SECONDS = 1.0
"""So long an error waits for its turn to be out, so that a retry does not read it. Then the work goes on alone."""


class TurnRecorder:
    """Stores one question's turn, in the background.

    A client that leaves leaves nothing half done. `session_id` None: a conversation of its own. `visit`: of a visitor.
    """

    def __init__(
        self,
        turns: TurnStore,
        background: BackgroundWork,
        retention: Retention,
        chatbot_id: str,
        session_id: str | None,
        channel: Channel,
        visit: Visit | None = None,
    ) -> None:
        self._turns = turns
        self._background = background
        self._retention = retention
        self._chatbot_id = chatbot_id
        self._asked_in = session_id
        self._session_id = session_id or new_session_id(channel)
        self._channel = channel
        self._visit = visit
        self._stored: tuple[Turn, asyncio.Future[None]] | None = None

    async def store(self, turn: Turn, trace: Trace) -> None:
        """Returns when the turn is stored. A store that is down does not spoil the answer."""
        storing = self._background.start("memory of a turn", self._append(turn, trace))
        self._stored = turn, storing
        await asyncio.shield(storing)

    async def take_back(self) -> None:
        """Takes out the turn again, if one was stored: its answer did not leave.

        Returns when it is out, or soon.
        """
        if self._stored is not None:
            removing = self._background.start("taking back a turn", self._remove(*self._stored))
            await asyncio.wait({removing}, timeout=TAKING_BACK_SECONDS)

    def broke_off(self, turn: Turn, trace: Trace) -> None:
        """Stores a turn whose answer broke off."""
        self._background.start("memory of a broken turn", self._append(turn, trace))

    def failed(self, turn: Turn, trace: Trace) -> None:
        """Keeps a question that got no answer, for operators."""
        note = self._turns.note(self._chatbot_id, self._asked_in, turn, trace, self._visit_key)
        self._background.start("note of a failure", note)

    async def _append(self, turn: Turn, trace: Trace) -> None:
        since_ms, key = self._retention.since_ms(), self._visit_key
        with span("memory"):
            await self._turns.append(self._chatbot_id, self._session_id, turn, since_ms, trace, self._channel, key)

    @property
    def _visit_key(self) -> int | None:
        return None if self._visit is None else self._visit.key

    async def _remove(self, turn: Turn, storing: "asyncio.Future[None]") -> None:
        await asyncio.wait({storing})
        await insist(lambda: self._turns.take_back(self._chatbot_id, self._session_id, turn))
