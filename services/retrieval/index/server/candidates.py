"""Candidates out of a Qdrant server: the best by words and by vector."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from qdrant_client import models

from services.retrieval.index.index import Candidates, Query
from services.retrieval.index.point_ids import entry_id
from services.retrieval.index.ranking import Ranking, gather, nothing
from services.retrieval.index.schema import SEARCHED
from services.retrieval.index.server.requests import by_sentences, by_vector, by_words, within

Ask = Callable[[list[models.QueryRequest]], Awaitable[list[Ranking]]]
"""Runs requests as one batch."""


async def candidates(ask: Ask, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
    """See Index."""
    searched = within(chatbot_id, SEARCHED)
    found = await ask([*by_words(queries, searched, searched, depth), *by_vector(queries, searched, depth)])
    points: set[Any] = {point for ranking in found for point in ranking}
    if not points:
        return nothing(queries)
    among = [*searched, models.HasIdCondition(has_id=sorted(points))]
    requests = []
    for query in queries:
        requests += by_words([query], among, searched, len(points))
        requests += by_vector([query], among, len(points))
        requests += by_sentences(query, among, len(points))
    return gather(queries, await ask(requests), {entry_id(point): point for point in points})
