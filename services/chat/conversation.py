"""One message from beginning to end: credit and search, answer, charge, turn."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from services.chat.answer_parts import AnswerPart
from services.chat.answer_run import AnswerRun
from services.chat.answerers.answerer import Answerer, PastTurn
from services.chat.answering import answer, question_on
from services.chat.background import BackgroundWork
from services.chat.clients.quota import QuotaClient
from services.chat.credit_hold import CreditHold
from services.chat.gate import Gate
from services.chat.history import within_budget
from services.chat.passages import SearchResult
from services.chat.reservation import Reservation
from services.chat.search import Search
from services.chat.session_retention import Retention
from services.chat.store.turns import TurnStore
from services.chat.store.visits import VisitStore
from services.chat.trace import Trace
from services.chat.turn_recorder import TurnRecorder
from services.chat.visitor import Visit, Visitor
from services.observe.spans import current_span
from services.trust.principal import Channel


@dataclass(frozen=True, slots=True)
class Message:
    """A valid message of a user. `session_id` None: a conversation of its own.

    `visitor`: who asks by the widget.
    """

    chatbot_id: str
    text: str
    session_id: str | None = None
    channel: Channel = Channel.API
    visitor: Visitor | None = None


class Conversation:
    """Answers messages and remembers the turns."""

    def __init__(
        self,
        turns: TurnStore,
        visits: VisitStore,
        quota: QuotaClient,
        search: Search,
        answerer: Answerer,
        background: BackgroundWork,
        retention: Retention,
        gate: Gate,
    ) -> None:
        self._turns = turns
        self._visits = visits
        self._quota = quota
        self._search = search
        self._answerer = answerer
        self._background = background
        self._retention = retention
        self._gate = gate

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
        chatbot_id, trace = message.chatbot_id, Trace(trace_id=current_span().trace_id)
        since_ms = self._retention.since_ms()
        session_id, channel = message.session_id, message.channel
        visit: Visit | None = None
        with self._gate.at_work():
            if message.visitor is None:
                profile, past = await self._turns.profile_and_history(chatbot_id, session_id, since_ms, channel)
            else:
                visit, past = await self._visits.open(chatbot_id, message.visitor, since_ms)
                profile, _ = await self._turns.profile_and_history(chatbot_id, None, since_ms)
        history, threshold = within_budget(past), profile.abstention_threshold
        recorder = TurnRecorder(self._turns, self._background, self._retention, chatbot_id, session_id, channel, visit)
        hold = CreditHold(self._quota, self._background, reservation or Reservation())
        run = AnswerRun(message.text, trace, hold, recorder, self._retention)
        try:
            with self._gate.at_work():
                found = await self._reserve_and_search(run, message, visit, history, threshold)
            run.searched = True
            question = question_on(found, message.text, history, profile, chatbot_id, trace, whole=whole)
            content = answer(self._answerer, question, found.pair, threshold)
            async with aclosing(content), aclosing((run.whole if whole else run.stream)(content)) as parts:
                async for part in parts:
                    yield part
        except BaseException as error:
            if not run.finished:
                trace.fail(error)
            raise
        finally:
            await run.end(whole=whole)

    async def _reserve_and_search(
        self, run: AnswerRun, message: Message, visit: Visit | None, history: tuple[PastTurn, ...], threshold: float
    ) -> SearchResult:
        """Both at once. A refused credit is reported before a failed search.

        A visitor's conversation begins once there is a credit for it: who is refused writes nothing. The search, and
        then the answerer, go on meanwhile.
        """
        search = asyncio.create_task(
            self._search.find(message.text, history, message.chatbot_id, threshold, run.trace), name="search"
        )
        try:
            await run.hold.reserve()
            if visit is not None and visit.key is None:
                now_ms, since_ms = self._retention.now_ms(), self._retention.since_ms()
                run.begins(self._visits.begin(message.chatbot_id, visit, now_ms, since_ms))
            return await search
        finally:
            search.cancel()
            # Marks its exception as seen, where the refusal goes first.
            search.add_done_callback(lambda task: task.cancelled() or task.exception())
