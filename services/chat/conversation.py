"""One question from beginning to end: credit and search, answer, charge, memory.

Unary and streamed answers differ in their end: a unary answer is made whole and stored before it is charged.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from services.chat.answerers.answerer import PastTurn, Piece
from services.chat.answering import Answering, Grounds
from services.chat.background import BackgroundWork
from services.chat.credits import CREDITS_OF_AN_ANSWER, Claim, Credits, Hold, Usage
from services.chat.finding import Finder
from services.chat.findings import Findings, Source
from services.chat.history import within_budget
from services.chat.memory import Memory
from services.chat.record import Record
from services.chat.retention import Retention
from services.chat.sessions import Turn
from services.chat.trace import Trace
from services.observe.telemetry import request_id


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid question. `session_id` None: a conversation of its own."""

    chatbot_id: str
    message: str
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What the whole answer rests on."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is whole and remembered."""

    usage: Usage


Event = Token | Sources | Done


class Conversation:
    """Answers questions and remembers the turns."""

    def __init__(
        self,
        memory: Memory,
        ledger: Credits,
        finder: Finder,
        answering: Answering,
        background: BackgroundWork,
        retention: Retention,
    ) -> None:
        self._memory = memory
        self._ledger = ledger
        self._finder = finder
        self._answering = answering
        self._background = background
        self._retention = retention

    async def answer(self, ask: Ask, *, whole: bool, claim: Claim | None = None) -> AsyncGenerator[Event, None]:
        """The events of one answer: `Token` once or more (`whole`: once), `Sources`, `Done`.

        `claim`: the credit to charge, for a request that may come again; None: one of its own.

        A streamed answer is charged when its first token leaves, and its turn is stored when it is whole. One that is
        not streamed is charged last, after its turn was stored. What ends it before the charge gives the credit and
        takes the turn back. What ends it later leaves the credit charged, and the text so far as a turn that broke off.
        What ends it between search and charge leaves a note for operators.
        """
        trace = Trace()
        opening = await self._memory.opening(ask.chatbot_id, ask.session_id, self._retention.since_ms())
        history = within_budget(opening.past)
        record = Record(self._memory, self._background, self._retention, ask.chatbot_id, ask.session_id)
        made = _Made(ask, trace, Hold(self._ledger, self._background, claim), record)
        try:
            findings = await self._reserve_and_search(made, history, opening.profile.abstention_threshold)
            made.searched = True
            parts = self._answering.answer(
                ask.message, history, findings, opening.profile, ask.chatbot_id, trace, whole=whole
            )
            async with aclosing(parts), aclosing((self._whole if whole else self._streamed)(made, parts)) as events:
                async for event in events:
                    yield event
        except BaseException as error:
            if not made.finished:
                trace.failed(error)
            raise
        finally:
            made.hold.let_go()
            if not made.finished:
                await self._end_early(made, whole=whole)

    async def _streamed(
        self, made: "_Made", parts: AsyncGenerator[Piece | Grounds, None]
    ) -> AsyncGenerator[Event, None]:
        usage: Usage | None = None
        async for part in parts:
            if isinstance(part, Grounds):
                made.sources = part.sources
                continue
            if usage is None:
                usage = await made.charge()
            made.text.append(part.text)
            yield Token(part.text)
        if usage is None:
            raise ValueError("an answer without text")
        yield Sources(made.sources)
        made.finished = True
        made.trace.ended()
        await made.record.store(self._turn(made))
        yield Done(usage)

    async def _whole(self, made: "_Made", parts: AsyncGenerator[Piece | Grounds, None]) -> AsyncGenerator[Event, None]:
        async for part in parts:
            if isinstance(part, Grounds):
                made.sources = part.sources
            else:
                made.text.append(part.text)
        if not made.text:
            raise ValueError("an answer without text")
        made.trace.ended()
        # As it is going to be: without the charge the turn does not stay.
        made.trace.credits_used = CREDITS_OF_AN_ANSWER
        await made.record.store(self._turn(made))
        usage = await made.charge()
        made.finished = True
        yield Token("".join(made.text))
        yield Sources(made.sources)
        yield Done(usage)

    async def _end_early(self, made: "_Made", *, whole: bool) -> None:
        if whole:
            made.trace.credits_used = 0
        if made.text and not whole:
            made.record.broke_off(self._turn(made, broken_off=True))
        elif made.searched:
            made.record.failed(self._turn(made))
        if whole:
            await made.record.take_back()

    async def _reserve_and_search(self, made: "_Made", history: tuple[PastTurn, ...], threshold: float) -> Findings:
        """Both at once. A refused credit is reported before a failed search."""
        finding = self._finder.find(made.ask.message, history, made.ask.chatbot_id, threshold, made.trace)
        search = asyncio.create_task(finding)
        try:
            await made.hold.reserve()
            return await search
        finally:
            search.cancel()
            # Marks its exception as seen, where the refusal goes first.
            search.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _turn(self, made: "_Made", *, broken_off: bool = False) -> Turn:
        return Turn(
            question=made.ask.message,
            answer="".join(made.text).replace("\0", ""),
            source_urls=tuple(source.url for source in made.sources),
            request_id=request_id.get(),
            completed_ms=self._retention.now_ms(),
            broken_off=broken_off,
            trace=made.trace,
        )


@dataclass(slots=True)
class _Made:
    """An answer so far. `finished`: it left, or nothing is in its way any more."""

    ask: Ask
    trace: Trace
    hold: Hold
    record: Record
    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    searched: bool = False
    finished: bool = False

    async def charge(self) -> Usage:
        usage = await self.hold.charge()
        self.hold.keep()
        self.trace.credits_used = usage.credits_used
        return usage
