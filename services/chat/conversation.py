"""One question from beginning to end: credit and search, answer, charge, turn.

Unary and streamed answers differ in their end: a unary answer is made whole and stored before it is charged.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from services.chat.answer_parts import AnswerPart, Done, Sources
from services.chat.answerers.answerer import Answerer, PastTurn, Piece, Question
from services.chat.answering import answer
from services.chat.background import BackgroundWork
from services.chat.clients.quota import QuotaClient
from services.chat.credit_hold import CreditHold
from services.chat.credits import CREDITS_OF_AN_ANSWER, CreditUsage, Reservation
from services.chat.history import within_budget
from services.chat.passages import SearchResult, Source
from services.chat.retention import Retention
from services.chat.search import Search
from services.chat.sessions import Turn
from services.chat.store.turns import TurnStore
from services.chat.trace import Trace
from services.chat.turn_recorder import TurnRecorder
from services.observe.telemetry import request_id


@dataclass(frozen=True, slots=True)
class Message:
    """A valid message of a user. `session_id` None: a conversation of its own."""

    chatbot_id: str
    text: str
    session_id: str | None = None


class Conversation:
    """Answers messages and remembers the turns."""

    def __init__(
        self,
        turns: TurnStore,
        quota: QuotaClient,
        search: Search,
        answerer: Answerer,
        background: BackgroundWork,
        retention: Retention,
    ) -> None:
        self._turns = turns
        self._quota = quota
        self._search = search
        self._answerer = answerer
        self._background = background
        self._retention = retention

    async def answer(
        self, message: Message, *, whole: bool, reservation: Reservation | None = None
    ) -> AsyncGenerator[AnswerPart, None]:
        """The parts of one answer: `Piece` once or more (`whole`: once), `Sources`, `Done`.

        `reservation`: the credit to charge, for a request that may come again; None: one of its own.

        A streamed answer is charged when its first piece leaves, and its turn is stored when it is whole. One that is
        not streamed is charged last, after its turn was stored. What ends it before the charge gives the credit and
        takes the turn back. What ends it later leaves the credit charged, and the text so far as a turn that broke off.
        What ends it between search and charge leaves a note for operators.
        """
        trace = Trace()
        profile, past = await self._turns.profile_and_history(
            message.chatbot_id, message.session_id, self._retention.since_ms()
        )
        history = within_budget(past)
        recorder = TurnRecorder(self._turns, self._background, self._retention, message.chatbot_id, message.session_id)
        hold = CreditHold(self._quota, self._background, reservation or Reservation())
        made = _Made(message, trace, hold, recorder)
        try:
            found = await self._reserve_and_search(made, history, profile.abstention_threshold)
            made.searched = True
            question = Question(
                text=message.text,
                passages=found.passages,
                history=history,
                instructions=profile.instructions,
                fallback=profile.fallback,
                chatbot_id=message.chatbot_id,
                wishes=profile.wishes,
                whole=whole,
                trace=trace,
            )
            content = answer(self._answerer, question, found.pair, profile.abstention_threshold)
            async with aclosing(content), aclosing((self._whole if whole else self._streamed)(made, content)) as parts:
                async for part in parts:
                    yield part
        except BaseException as error:
            if not made.finished:
                trace.fail(error)
            raise
        finally:
            made.hold.let_go()
            if not made.finished:
                await self._end_early(made, whole=whole)

    async def _streamed(
        self, made: "_Made", content: AsyncGenerator[Piece | Sources, None]
    ) -> AsyncGenerator[AnswerPart, None]:
        usage: CreditUsage | None = None
        async for part in content:
            if isinstance(part, Sources):
                made.sources = part.sources
                continue
            usage = usage or await made.charge()
            made.text.append(part.text)
            yield part
        if usage is None:
            raise ValueError("an answer without text")
        yield Sources(made.sources)
        made.finished = True
        made.trace.end()
        await made.recorder.store(self._turn(made), made.trace)
        yield Done(usage)

    async def _whole(
        self, made: "_Made", content: AsyncGenerator[Piece | Sources, None]
    ) -> AsyncGenerator[AnswerPart, None]:
        async for part in content:
            if isinstance(part, Sources):
                made.sources = part.sources
            else:
                made.text.append(part.text)
        if not made.text:
            raise ValueError("an answer without text")
        made.trace.end()
        # As it is going to be: without the charge the turn does not stay.
        made.trace.credits_used = CREDITS_OF_AN_ANSWER
        await made.recorder.store(self._turn(made), made.trace)
        usage = await made.charge()
        made.finished = True
        yield Piece("".join(made.text))
        yield Sources(made.sources)
        yield Done(usage)

    async def _end_early(self, made: "_Made", *, whole: bool) -> None:
        if whole:
            made.trace.credits_used = 0
        if made.text and not whole:
            made.recorder.broke_off(self._turn(made, broken_off=True), made.trace)
        elif made.searched:
            made.recorder.failed(self._turn(made), made.trace)
        if whole:
            await made.recorder.take_back()

    async def _reserve_and_search(self, made: "_Made", history: tuple[PastTurn, ...], threshold: float) -> SearchResult:
        """Both at once. A refused credit is reported before a failed search."""
        message = made.message
        finding = self._search.find(message.text, history, message.chatbot_id, threshold, made.trace)
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
            question=made.message.text,
            answer="".join(made.text).replace("\0", ""),
            source_urls=tuple(source.url for source in made.sources),
            request_id=request_id.get(),
            completed_ms=self._retention.now_ms(),
            broken_off=broken_off,
        )


@dataclass(slots=True)
class _Made:
    """An answer so far. `finished`: it left, or nothing is in its way any more."""

    message: Message
    trace: Trace
    hold: CreditHold
    recorder: TurnRecorder
    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    searched: bool = False
    finished: bool = False

    async def charge(self) -> CreditUsage:
        usage = await self.hold.charge()
        self.hold.keep()
        self.trace.credits_used = usage.credits_used
        return usage
