"""Searching for what a question means in its conversation."""

import asyncio
from typing import Protocol

from services.chat.abstention import is_enough
from services.chat.answerers.answerer import PastTurn
from services.chat.answerers.follow_ups import NO_FOLLOW_UPS, FollowUps
from services.chat.findings import Findings
from services.chat.trace import Trace
from services.errors import Text, refusal

SECONDS = 12.5
"""For a question's searches together: both must leave an answer its time."""


class Search(Protocol):
    """Finds passages in the sources of the chatbot of the call being served."""

    async def search(self, question: str, previous_questions: tuple[str, ...]) -> Findings:
        """What there is for a question; `previous_questions` are oldest first. `ChatmountError` when it is down."""
        ...


class Finder:
    """Searches for a follow-up in the words in which it stands alone, and without them where they find nothing."""

    def __init__(self, search: Search, follow_ups: FollowUps = NO_FOLLOW_UPS, seconds: float = SECONDS) -> None:
        self._search = search
        self._follow_ups = follow_ups
        self._seconds = seconds

    async def find(
        self, message: str, history: tuple[PastTurn, ...], chatbot_id: str, threshold: float, trace: Trace
    ) -> Findings:
        """What there is. `threshold`: how close it must be to count. TOO_SLOW when both searches took too long."""
        alone = await self._follow_ups.stand_alone(message, history, chatbot_id)
        try:
            async with asyncio.timeout(self._seconds):
                findings = await self._found(alone, message, history, threshold, trace)
        except TimeoutError as error:
            raise refusal(Text.SEARCH_TOO_SLOW) from error
        trace.found(findings)
        return findings

    async def _found(
        self, alone: str | None, message: str, history: tuple[PastTurn, ...], threshold: float, trace: Trace
    ) -> Findings:
        findings = None if alone is None else await self._search.search(alone, ())
        if alone is not None and findings is not None and is_enough(findings, threshold, alone):
            trace.searched_for = alone
            return findings
        return await self._search.search(message, tuple(turn.question for turn in history))
