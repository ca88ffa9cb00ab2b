"""The search for what answers a question."""

import asyncio

from services.chat.abstention import is_enough
from services.chat.answerers.answerer import PastTurn
from services.chat.answerers.follow_ups import FollowUps
from services.chat.clients.retrieval import RetrievalClient
from services.chat.gate import Gate
from services.chat.passages import SearchResult
from services.chat.trace import Trace
from services.errors import Text, refusal

SECONDS = 12.5
"""For a question's searches together: both must leave an answer its time."""


class Search:
    """A search for a follow-up as it was rewritten, else as it was asked."""

    def __init__(
        self, retrieval: RetrievalClient, follow_ups: FollowUps | None, gate: Gate, seconds: float = SECONDS
    ) -> None:
        self._retrieval = retrieval
        self._follow_ups = follow_ups
        self._gate = gate
        self._seconds = seconds

    async def find(
        self, message: str, history: tuple[PastTurn, ...], chatbot_id: str, threshold: float, trace: Trace
    ) -> SearchResult:
        """The result, also written into `trace`.

        `threshold`: see abstention.py. TOO_SLOW after `seconds`.
        """
        alone = None
        if self._follow_ups:
            with self._gate.aside():
                alone = await self._follow_ups.stand_alone(message, history, chatbot_id)
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._retrieval.search(alone, ()) if alone else None
                if alone and result and is_enough(result, threshold, alone):
                    trace.searched_for = alone
                else:
                    result = await self._retrieval.search(message, tuple(turn.question for turn in history))
        except TimeoutError as error:
            raise refusal(Text.SEARCH_TOO_SLOW) from error
        trace.found(result)
        return result
