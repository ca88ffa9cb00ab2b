"""Remembered rankings and rarities by words.

The engine is asked for them while a question's vectors are made.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import qdrant_edge as edge

from services.retrieval.index.edge.points import Points, points_of
from services.retrieval.index.edge.requests import by_words, within
from services.retrieval.index.index import Query
from services.retrieval.index.points import rarity_of
from services.retrieval.index.schema import SEARCHED, inverse_document_frequency
from services.retrieval.text.words import WordVector

Ask = Callable[[list[edge.QueryRequest]], list[list[edge.ScoredPoint]]]
"""Runs requests as one batch: those of one batch share the statistics of their words."""

REMEMBERED_RANKINGS = 64
"""Rankings that wait for their vectors: those of as many searches at once. Others are made again."""

REMEMBERED_WORDS = 50_000
"""Words of all chatbots together whose rarity is remembered, of about 0.1 KB each: each costs a query."""


class EdgeWords:
    """Rankings and rarities of one shard. A writer calls `forget` before it writes."""

    def __init__(self, ask: Ask, count: Callable[[edge.CountRequest], int]) -> None:
        self._ask = ask
        self._count = count
        self._rarities: dict[tuple[str, int], float] = {}
        self._rankings: OrderedDict[tuple[str, WordVector, int], Points] = OrderedDict()

    def forget(self) -> None:
        """Forget all rankings and rarities."""
        self._rarities.clear()
        self._rankings.clear()

    def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, with_rarity: bool) -> None:
        """See Index."""
        wanted = [one for one in dict.fromkeys(words) if one.words]
        rare = sorted({word for one in wanted for word in one.words}) if with_rarity else []
        for one, ranking in zip(wanted, self._find(chatbot_id, wanted, depth, rare), strict=True):
            self._rankings[chatbot_id, one, depth] = points_of(ranking)
        while len(self._rankings) > REMEMBERED_RANKINGS:
            self._rankings.popitem(last=False)

    def rankings(self, chatbot_id: str, words: Sequence[WordVector], depth: int) -> dict[WordVector, Points]:
        """The best passages by each of these that was looked ahead for, once."""
        found = {one: self._rankings.pop((chatbot_id, one, depth), None) for one in dict.fromkeys(words)}
        return {one: ranking for one, ranking in found.items() if ranking is not None}

    def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """See Index."""
        self._find(chatbot_id, [], 0, words)
        return [self._rarities[chatbot_id, word] for word in words]

    def known_rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float] | None:
        """The same without asking the engine, from any thread; None where one is not known."""
        found = [self._rarities.get((chatbot_id, word)) for word in words]
        return None if None in found else [one for one in found if one is not None]

    def _find(
        self, chatbot_id: str, rankings: Sequence[WordVector], depth: int, rarities: Sequence[int]
    ) -> list[list[edge.ScoredPoint]]:
        """The rankings, in one batch with the rarities that are not known yet, which are remembered."""
        searched = within(chatbot_id, SEARCHED)
        unknown = [word for word in rarities if (chatbot_id, word) not in self._rarities]
        if len(self._rarities) + len(unknown) > REMEMBERED_WORDS:
            self._rarities.clear()
            unknown = list(rarities)
        ranked = by_words([Query(one, None) for one in rankings], searched, searched, depth)
        single = [Query(WordVector((word,), (1.0,)), None) for word in unknown]
        results = self._ask([*ranked, *by_words(single, searched, searched, 1, with_vector=True)])
        if unknown:
            total = self._count(edge.CountRequest(exact=False, filter=searched))
            absent = inverse_document_frequency(total, 0)
            for word, points in zip(unknown, results[len(ranked) :], strict=True):
                self._rarities[chatbot_id, word] = rarity_of(word, points, absent)
        return results[: len(ranked)]
