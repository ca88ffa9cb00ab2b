"""What the embedded engine finds by words alone, remembered: it is asked while the vectors of a question are made."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import qdrant_edge as edge

from services.retrieval.index.edge.points import Points, points_of
from services.retrieval.index.edge.rarities import Rarities
from services.retrieval.index.edge.requests import by_words, rarity_of, within
from services.retrieval.index.index import Query
from services.retrieval.index.schema import SEARCHED, inverse_document_frequency
from services.retrieval.text.words import WordVector

Ask = Callable[[list[edge.QueryRequest]], list[list[edge.ScoredPoint]]]
"""Runs requests as one batch: those of one batch share the statistics of their words."""

Found = list[edge.ScoredPoint]

REMEMBERED = 64
"""Rankings that wait for their vectors: those of as many searches at once. Others are made again."""


class EdgeWords:
    """Rankings and rarities of one shard. Whoever writes to it calls `forget` before."""

    def __init__(self, ask: Ask, count: Callable[[edge.CountRequest], int]) -> None:
        self._ask = ask
        self._count = count
        self._rarities = Rarities()
        self._rankings: OrderedDict[tuple[str, WordVector, int], Points] = OrderedDict()

    def forget(self) -> None:
        """From now on everything is found out anew."""
        self._rarities.forget()
        self._rankings.clear()

    def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, with_rarity: bool) -> None:
        """See Index."""
        wanted = [one for one in dict.fromkeys(words) if one.words]
        requests = _rankings_by(chatbot_id, wanted, depth)
        found: list[Found] = []

        def with_rankings(_: str, unknown: Sequence[int]) -> list[float]:
            results = self._ask([*requests, *_rarities_by(chatbot_id, unknown)])
            found.extend(results[: len(requests)])
            return self._rarities_in(chatbot_id, unknown, results[len(requests) :])

        if with_rarity:
            self._rarities.of(chatbot_id, sorted({word for one in wanted for word in one.words}), with_rankings)
        for one, ranking in zip(wanted, found or self._ask(requests), strict=True):
            self._rankings[chatbot_id, one, depth] = points_of(ranking)
        while len(self._rankings) > REMEMBERED:
            self._rankings.popitem(last=False)

    def rankings(self, chatbot_id: str, words: Sequence[WordVector], depth: int) -> dict[WordVector, Points]:
        """The best passages by each of these that was looked ahead for, once."""
        found = {one: self._rankings.pop((chatbot_id, one, depth), None) for one in dict.fromkeys(words)}
        return {one: ranking for one, ranking in found.items() if ranking is not None}

    def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """See Index."""
        return self._rarities.of(chatbot_id, words, self._rarity_now)

    def known_rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float] | None:
        """The same without asking the engine, from any thread; None where one is not known."""
        return self._rarities.known(chatbot_id, words)

    def _rarity_now(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        return self._rarities_in(chatbot_id, words, self._ask(_rarities_by(chatbot_id, words)))

    def _rarities_in(self, chatbot_id: str, words: Sequence[int], results: Sequence[Found]) -> list[float]:
        total = self._count(edge.CountRequest(exact=False, filter=within(chatbot_id, SEARCHED)))
        absent = inverse_document_frequency(total, 0)
        return [rarity_of(word, points, absent) for word, points in zip(words, results, strict=True)]


def _rankings_by(chatbot_id: str, words: Sequence[WordVector], depth: int) -> list[edge.QueryRequest]:
    searched = within(chatbot_id, SEARCHED)
    return by_words([Query(one, None) for one in words], searched, searched, depth)


def _rarities_by(chatbot_id: str, words: Sequence[int]) -> list[edge.QueryRequest]:
    searched = within(chatbot_id, SEARCHED)
    queries = [Query(WordVector((word,), (1.0,)), None) for word in words]
    return by_words(queries, searched, searched, 1, with_vector=True)
