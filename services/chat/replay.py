"""A stored question asked again, at no cost, and remembered nowhere.

It is asked on the sources, the profile and the model of now.
"""

from contextlib import aclosing
from dataclasses import dataclass

from services.chat.answer_parts import Sources
from services.chat.answerers.answerer import Answerer
from services.chat.answering import answer, question_on
from services.chat.comparison import Comparison, compare
from services.chat.gate import Gate
from services.chat.history import within_budget
from services.chat.search import Search
from services.chat.session_retention import Retention
from services.chat.sessions import TracedTurn, Turn
from services.chat.store.profiles import ProfileStore
from services.chat.store.replays import ReplayStore
from services.chat.store.sessions import SessionStore
from services.chat.trace import Trace
from services.errors import Text, refusal
from services.request_id import request_id


@dataclass(frozen=True, slots=True)
class Replayed:
    """A turn as it was stored, as it is now, and what is different."""

    then: TracedTurn
    now: TracedTurn
    comparison: Comparison


class Replay:
    """Asks stored questions again.

    It knows neither ledger nor recorder, so that nothing can be charged or remembered.
    """

    def __init__(
        self,
        sessions: SessionStore,
        store: ReplayStore,
        profiles: ProfileStore,
        search: Search,
        answerer: Answerer,
        retention: Retention,
        gate: Gate,
    ) -> None:
        self._sessions = sessions
        self._store = store
        self._profiles = profiles
        self._search = search
        self._answerer = answerer
        self._retention = retention
        self._gate = gate

    async def again(self, chatbot_id: str, asked: str) -> Replayed:
        """The turn of the request `asked`, and what it would be now.

        NOT_FOUND for a request of which nothing is kept. OVERLOADED when there is no place; otherwise what an answer
        fails with.
        """
        self._gate.check()
        trace, since_ms = Trace(), self._retention.since_ms()
        with self._gate.at_work():
            then = await self._sessions.traced(asked, chatbot_id, since_ms)
            if then is None:
                raise refusal(Text.UNKNOWN_REQUEST)
            profile = await self._profiles.profile(chatbot_id)
            history = within_budget(await self._store.before(then, since_ms))
            text, threshold = then.turn.question, profile.abstention_threshold
            found = await self._search.find(text, history, chatbot_id, threshold, trace)
        question = question_on(found, text, history, profile, chatbot_id, trace, whole=True)
        said, sources = list[str](), Sources(())
        async with aclosing(answer(self._answerer, question, found.pair, threshold)) as parts:
            async for part in parts:
                if isinstance(part, Sources):
                    sources = part
                else:
                    said.append(part.text)
        trace.end()
        turn = Turn(
            question=text,
            answer="".join(said).replace("\0", ""),
            source_urls=tuple(source.url for source in sources.sources),
            request_id=request_id.get(),
            completed_ms=self._retention.now_ms(),
        )
        now = TracedTurn(chatbot_id, then.session_id, turn, trace)
        return Replayed(then, now, compare(then, now))

    async def replayable(self, chatbot_id: str, number: int) -> tuple[str, ...]:
        """The request ids of the newest turns, the newest first, less those that came without one."""
        return await self._store.newest(chatbot_id, number, self._retention.since_ms())
