"""One question from beginning to end: credit and search, answer, charge, memory.

Unary and streamed answers are this one flow. They differ in when the first text leaves: a unary answer is made whole
before it is charged.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from services.chat.answerers.answerer import PastTurn
from services.chat.answerers.follow_ups import NO_FOLLOW_UPS, FollowUps
from services.chat.answering import Answering, Grounds, made_whole
from services.chat.background import BackgroundWork
from services.chat.credits import Claim, Credits, Hold, Usage
from services.chat.findings import Findings, Source
from services.chat.history import within_budget
from services.chat.memory import Memory
from services.chat.retention import Retention
from services.chat.sessions import Turn
from services.chat.trace import Trace
from services.errors import ChatmountError, ErrorReason
from services.ids import new_id
from services.telemetry import request_id

logger = logging.getLogger("chatmount.chat")


class Search(Protocol):
    """Finds passages in the sources of the chatbot of the call being served."""

    async def search(self, question: str, previous_questions: tuple[str, ...]) -> Findings:
        """What there is for a question; `previous_questions` are oldest first. `ChatmountError` when it is down."""
        ...


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
        search: Search,
        answering: Answering,
        background: BackgroundWork,
        retention: Retention,
        follow_ups: FollowUps = NO_FOLLOW_UPS,
    ) -> None:
        self._memory = memory
        self._ledger = ledger
        self._search = search
        self._answering = answering
        self._background = background
        self._retention = retention
        self._follow_ups = follow_ups

    async def answer(self, ask: Ask, *, whole: bool, claim: Claim | None = None) -> AsyncGenerator[Event, None]:
        """The events of one answer: `Token` once or more (`whole`: once), `Sources`, `Done`.

        `claim`: the credit to charge, for a request that may come again; None: one of its own.

        Whatever ends it before the first token gives the credit back. What ends it later leaves the credit charged
        and the text so far remembered as a turn that broke off. What ends it between search and first token leaves a
        note for operators.
        """
        trace = Trace()
        opening = await self._memory.opening(ask.chatbot_id, ask.session_id, self._retention.since_ms())
        history = within_budget(opening.past)
        hold = Hold(self._ledger, self._background, claim)
        usage: Usage | None = None
        text: list[str] = []
        sources: tuple[Source, ...] = ()
        searched = finished = False
        try:
            findings = await self._reserve_and_search(hold, ask, history, trace)
            searched = True
            parts = self._answering.answer(
                ask.message, history, findings, opening.profile, ask.chatbot_id, trace, whole=whole
            )
            async with aclosing(made_whole(parts) if whole else parts) as parts:
                async for part in parts:
                    if isinstance(part, Grounds):
                        sources = part.sources
                        continue
                    if usage is None:
                        usage = await hold.charge()
                        hold.keep()
                        trace.credits_used = usage.credits_used
                    text.append(part.text)
                    yield Token(part.text)
            if usage is None:
                raise ValueError("an answer without text")
            yield Sources(sources)
            finished = True
            trace.ended()
            await self._remember(ask, self._turn(ask, text, sources, trace))
            yield Done(usage)
        except BaseException as error:
            if not finished:
                trace.ended(_reason(error))
            raise
        finally:
            hold.let_go()
            if not finished and text:
                turn = self._turn(ask, text, sources, trace, broken_off=True)
                self._background.start("memory of a broken turn", self._append(ask, turn))
            elif not finished and searched:
                turn = self._turn(ask, text, sources, trace)
                self._background.start("note of a failure", self._memory.note(ask.chatbot_id, ask.session_id, turn))

    async def _find(self, ask: Ask, history: tuple[PastTurn, ...], trace: Trace) -> Findings:
        """Searches for what the question means in its conversation."""
        alone = await self._follow_ups.stand_alone(ask.message, history, ask.chatbot_id)
        if alone is None:
            findings = await self._search.search(ask.message, tuple(turn.question for turn in history))
        else:
            trace.searched_for = alone
            findings = await self._search.search(alone, ())
        trace.found(findings)
        return findings

    async def _reserve_and_search(self, hold: Hold, ask: Ask, history: tuple[PastTurn, ...], trace: Trace) -> Findings:
        """Both at once. A refused credit is reported before a failed search."""
        search = asyncio.create_task(self._find(ask, history, trace))
        try:
            await hold.reserve()
            return await search
        finally:
            search.cancel()
            # Marks its exception as seen, where the refusal goes first.
            search.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _remember(self, ask: Ask, turn: Turn) -> None:
        """Stores the turn, also when the client leaves meanwhile. A store that is down does not spoil the answer."""
        storing = self._background.start("memory of a turn", self._append(ask, turn))
        if storing is not None:
            await asyncio.shield(storing)

    async def _append(self, ask: Ask, turn: Turn) -> None:
        session_id = ask.session_id or new_id("ses")
        await self._memory.append(ask.chatbot_id, session_id, turn, self._retention.since_ms())

    def _turn(
        self, ask: Ask, text: list[str], sources: tuple[Source, ...], trace: Trace, *, broken_off: bool = False
    ) -> Turn:
        return Turn(
            question=ask.message,
            answer="".join(text).replace("\0", ""),
            source_urls=tuple(source.url for source in sources),
            request_id=request_id.get(),
            completed_ms=self._retention.now_ms(),
            broken_off=broken_off,
            trace=trace,
        )


def _reason(error: BaseException) -> str:
    """Why an answer ended early, in a word: `left` when nobody waited for it any more."""
    if isinstance(error, ChatmountError):
        return ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_").lower()
    return "internal" if isinstance(error, Exception) else "left"
