"""One answer on its way out: charged, stored as a turn, cleaned up when it ends early."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from services.chat.answer_parts import AnswerPart, Done, Sources
from services.chat.answerers.answerer import Piece
from services.chat.credit_hold import CreditHold
from services.chat.passages import Source
from services.chat.reservation import CreditUsage
from services.chat.session_retention import Retention
from services.chat.sessions import Turn
from services.chat.trace import Trace
from services.chat.turn_recorder import TurnRecorder
from services.contract import CREDITS_PER_ANSWER
from services.request_id import request_id


class AnswerRun:
    """An answer so far.

    `searched`: it has passages. `finished`: it left, or nothing is in its way any more.
    """

    def __init__(
        self, question: str, trace: Trace, hold: CreditHold, recorder: TurnRecorder, retention: Retention
    ) -> None:
        self._question = question
        self.trace = trace
        self.hold = hold
        self._recorder = recorder
        self._retention = retention
        self._text: list[str] = []
        self._sources: tuple[Source, ...] = ()
        self._beginning: asyncio.Task[None] | None = None
        self.searched = False
        self.finished = False

    def begins(self, conversation: Coroutine[Any, Any, None]) -> None:
        """Begin a visitor's conversation, without which no charge stays and no text leaves."""
        self._beginning = asyncio.create_task(conversation, name="beginning of a conversation")

    async def stream(self, content: AsyncGenerator[Piece | Sources, None]) -> AsyncGenerator[AnswerPart, None]:
        """The answer's parts as they come, charged at the first and stored after the last."""
        usage: CreditUsage | None = None
        async for part in content:
            if isinstance(part, Sources):
                self._sources = part.sources
                continue
            usage = usage or await self._charge()
            self._text.append(part.text)
            yield part
        if usage is None:
            raise ValueError("an answer without text")
        yield Sources(self._sources)
        self.finished = True
        self.trace.end()
        await self._recorder.store(self._turn(), self.trace)
        yield Done(usage)

    async def whole(self, content: AsyncGenerator[Piece | Sources, None]) -> AsyncGenerator[AnswerPart, None]:
        """The answer's parts when all of it is made and stored, charged last."""
        async for part in content:
            if isinstance(part, Sources):
                self._sources = part.sources
            else:
                self._text.append(part.text)
        if not self._text:
            raise ValueError("an answer without text")
        self.trace.end()
        # As it is going to be: without the charge the turn does not stay.
        self.trace.credits_used = CREDITS_PER_ANSWER
        await self._begun()
        await self._recorder.store(self._turn(), self.trace)
        usage = await self._charge()
        self.finished = True
        yield Piece("".join(self._text))
        yield Sources(self._sources)
        yield Done(usage)

    async def end(self, *, whole: bool) -> None:
        """Gives back a credit that was not charged, and records what ended early."""
        self.hold.let_go()
        if self.finished:
            return
        if self._beginning is not None:
            await asyncio.wait([self._beginning])
            # Of a conversation that may not be, nothing is kept.
            self.searched &= not self._beginning.cancelled() and self._beginning.exception() is None
        if whole:
            self.trace.credits_used = 0
        if self._text and not whole:
            self._recorder.broke_off(self._turn(broken_off=True), self.trace)
        elif self.searched:
            self._recorder.failed(self._turn(), self.trace)
        if whole:
            await self._recorder.take_back()

    async def _begun(self) -> None:
        if self._beginning is not None:
            await asyncio.shield(self._beginning)

    async def _charge(self) -> CreditUsage:
        beginning = self._beginning
        usage = await (self.hold.charge() if beginning is None else self._charge_beside(beginning))
        self.hold.keep()
        self.trace.credits_used = usage.credits_used
        return usage

    async def _charge_beside(self, beginning: asyncio.Task[None]) -> CreditUsage:
        # Two commits at once. Both have ended before the credit is kept or given back: a charge that is still on its
        # way would replace what was given back.
        begun, usage = await asyncio.gather(asyncio.shield(beginning), self.hold.charge(), return_exceptions=True)
        if isinstance(begun, BaseException):
            raise begun
        if isinstance(usage, BaseException):
            raise usage
        return usage

    def _turn(self, *, broken_off: bool = False) -> Turn:
        return Turn(
            question=self._question,
            answer="".join(self._text).replace("\0", ""),
            source_urls=tuple(source.url for source in self._sources),
            request_id=request_id.get(),
            completed_ms=self._retention.now_ms(),
            broken_off=broken_off,
            source_titles=tuple(source.title for source in self._sources),
        )
