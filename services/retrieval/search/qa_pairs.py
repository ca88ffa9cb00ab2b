"""Question-and-answer pairs: fixed answers, and the questions that ask for them."""

import logging
import re
import unicodedata

from services.clock import Clock, now_ms
from services.errors import ChatmountError, Text, invalid, refusal
from services.ids import new_id
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.embedders.scale import Scale
from services.retrieval.index.index import Query, SearchedIndex
from services.retrieval.index.indexer import Indexer
from services.retrieval.ingest.source_fields import clean_title, clean_web_url, may_be_id
from services.retrieval.records import QaPair
from services.retrieval.search.results import QaMatch
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.upkeep.keeper import Keeper
from services.tasks import Tasks

logger = logging.getLogger(__name__)

MAXIMUM_QUESTION_LENGTH = 2000
MAXIMUM_ANSWER_LENGTH = 8000

MINIMUM_SIMILARITY = 0.85
MINIMUM_LEAD = 0.05
"""Measured: of the matches that pass both, 94 in 100 ask the same thing."""

_COMPARED = 8


class QaPairs:
    """Adds, removes and matches pairs."""

    def __init__(self, store: QaPairStore, indexer: Indexer, keeper: Keeper, finishing: Tasks, clock: Clock) -> None:
        self._store = store
        self._indexer = indexer
        self._keeper = keeper
        self._finishing = finishing
        self._clock = clock

    async def add(self, chatbot_id: str, question: str, answer: str, url: str, title: str) -> QaPair:
        """Add a pair, or replace the answer of the one worded alike.

        INVALID_FIELD for what can't be a pair.
        """
        question, answer = question.strip(), answer.strip()
        if not 1 <= len(question) <= MAXIMUM_QUESTION_LENGTH:
            raise invalid(f"question must be between 1 and {MAXIMUM_QUESTION_LENGTH} characters.")
        if not 1 <= len(answer) <= MAXIMUM_ANSWER_LENGTH:
            raise invalid(f"answer must be between 1 and {MAXIMUM_ANSWER_LENGTH} characters.")
        if "\x00" in question + answer:
            raise invalid("question and answer must not contain NUL characters.")
        pair = QaPair(
            id=new_id("qa"),
            chatbot_id=chatbot_id,
            wording=normalised(question),
            question=question,
            answer=answer,
            url=clean_web_url(url) if url.strip() else "",
            title=clean_title(title),
            created_ms=now_ms(self._clock),
        )
        return await self._finishing.outlast(self._add(pair), "adding a question")

    async def _add(self, pair: QaPair) -> QaPair:
        stored = await self._store.put(pair)
        try:
            await self._indexer.add_question(stored.chatbot_id, stored.id, stored.question)
        except (EmbedderUnavailable, ChatmountError) as error:
            # Equal wording matches all the same.
            logger.warning("a question could not be indexed and will be later: %s", error.__cause__ or error)
            await self._keeper.index_later(stored.id)
            return stored
        await self._keeper.settle([stored.id])
        return stored

    async def get(self, chatbot_id: str, pair_id: str) -> QaPair:
        """A pair. NOT_FOUND for an id that is not the chatbot's."""
        found = await self._store.find(chatbot_id, [pair_id]) if may_be_id(pair_id) else {}
        if pair_id not in found:
            raise _not_found()
        return found[pair_id]

    async def remove(self, chatbot_id: str, pair_id: str) -> None:
        """Remove a pair. NOT_FOUND for an id that is not the chatbot's."""
        if not may_be_id(pair_id):
            raise _not_found()
        await self._finishing.outlast(self._remove(chatbot_id, pair_id), "removing a question")

    async def _remove(self, chatbot_id: str, pair_id: str) -> None:
        if not await self._store.remove(chatbot_id, pair_id, now_ms(self._clock)):
            raise _not_found()
        await self._keeper.settle([pair_id])

    async def page(self, chatbot_id: str, after: int, limit: int) -> list[QaPair]:
        """Pairs in the order in which they came, from the one behind position `after`."""
        return await self._store.page(chatbot_id, after, limit)

    async def worded_alike(self, chatbot_id: str, question: str) -> QaMatch | None:
        """The pair whose question has the same wording."""
        alike = await self._store.by_wording(chatbot_id, normalised(question))
        return None if alike is None else QaMatch(alike, 1.0)

    async def close_in_meaning(
        self, index: SearchedIndex, chatbot_id: str, asked: Query, scale: Scale
    ) -> QaMatch | None:
        """The pair that asks the same in other words, clearly ahead of every other answer.

        `asked` is the question, with a vector made for `index`; `scale`: how its cosines are read.
        """
        if asked.vector is None:
            return None
        found = await index.nearest_questions(chatbot_id, asked.vector, _COMPARED, asked.space)
        nearest = [(pair_id, scale.read(cosine)) for pair_id, cosine in found]
        if not nearest or nearest[0][1] < MINIMUM_SIMILARITY:
            return None
        pairs = await self._store.find(chatbot_id, [pair_id for pair_id, _ in nearest])
        known = [(pairs[pair_id], similarity) for pair_id, similarity in nearest if pair_id in pairs]
        return _clearly_first(known)


def _not_found() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="question-and-answer pair")


def _clearly_first(nearest: list[tuple[QaPair, float]]) -> QaMatch | None:
    if not nearest or nearest[0][1] < MINIMUM_SIMILARITY:
        return None
    best, similarity = nearest[0]
    # Several wordings with one answer don't compete with each other.
    others = [other for pair, other in nearest[1:] if pair.answer != best.answer]
    if others and similarity - others[0] < MINIMUM_LEAD:
        return None
    return QaMatch(best, similarity)


_NO_WORD = re.compile(r"[\W_]+")


def normalised(question: str) -> str:
    """The question as wordings are compared: without case, punctuation and spacing.

    Never empty for a question that is not blank.
    """
    folded = unicodedata.normalize("NFKC", question).casefold()
    words = _NO_WORD.sub(" ", folded).strip()
    return words or " ".join(folded.split())
