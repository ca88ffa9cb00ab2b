"""Rewritten follow-ups: searched for as such, and as asked where that finds nothing."""

import asyncio

import pytest
from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.answerers.answerer import Citations, PastTurn
from services.chat.clients.retrieval import RetrievalClient
from services.chat.gate import Gate
from services.chat.passages import SearchResult
from services.chat.profile import DEFAULT_FALLBACK
from services.chat.search import Search
from services.chat.trace import Trace
from services.errors import ChatmountError, Reason
from tests.waiting import PATIENCE

from .conftest import Serving
from .scripted_neighbours import ScriptedAnswerer, passage


class Worded:
    async def stand_alone(self, question: str, history: tuple[PastTurn, ...], chatbot_id: str) -> str | None:
        return "Who won on Sunday?" if history else None


NOTHING = retrieval_pb2.SearchResponse()
FAR = retrieval_pb2.SearchResponse(passages=[passage("Of something else.", cosine=0.1)])
NEAR = retrieval_pb2.SearchResponse(passages=[passage("On Sundays until noon.")])


@pytest.mark.parametrize(
    ("first", "second", "searches", "said"),
    [
        (NEAR, FAR, 1, "Noon."),
        (FAR, NEAR, 2, "Noon."),
        (NOTHING, NEAR, 2, "Noon."),
        (FAR, NOTHING, 2, DEFAULT_FALLBACK),
    ],
)
async def test_words_that_find_nothing_are_left_out_once(
    serving: Serving,
    first: retrieval_pb2.SearchResponse,
    second: retrieval_pb2.SearchResponse,
    searches: int,
    said: str,
) -> None:
    answerer = ScriptedAnswerer("Noon.", Citations((1,)))
    async with serving(answerer, follow_ups=Worded()) as chat:
        await chat.ask("When is it open?", session_id="s")
        chat.retrieval.requests.clear()
        chat.retrieval.faults.precede("Search", lambda: setattr(chat.retrieval, "found", first))
        chat.retrieval.faults.precede("Search", lambda: setattr(chat.retrieval, "found", second))
        assert (await chat.ask("And on Sundays?", session_id="s")).message == said
        asked = [(each.query, list(each.previous_user_turns)) for each in chat.retrieval.requests]
        assert asked == [("Who won on Sunday?", []), ("And on Sundays?", ["When is it open?"])][:searches]
        assert (chat.quota.charged, chat.quota.held) == (2, 0)


class SlowTheSecondTime(RetrievalClient):
    """Finds nothing at once, and then takes its time."""

    searches = 0

    def __init__(self) -> None:
        pass

    async def search(self, question: str, previous_questions: tuple[str, ...]) -> SearchResult:
        self.searches += 1
        if self.searches == 2:
            await asyncio.Event().wait()
        return SearchResult()


async def test_both_searches_of_a_question_share_their_time() -> None:
    search = SlowTheSecondTime()
    finding = Search(search, Worded(), Gate(1), seconds=0.1).find("And?", (PastTurn("a", "b"),), "bot_1", 0.4, Trace())
    with pytest.raises(ChatmountError) as failure:
        await asyncio.wait_for(finding, PATIENCE)
    assert (failure.value.reason, search.searches) == (Reason.TOO_SLOW, 2)
