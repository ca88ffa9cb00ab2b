"""The index on a Qdrant server, shared by all replicas of the service."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from qdrant_client import AsyncQdrantClient, models

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import Candidates, Closest, IndexedEntry, PassageEntry, Query, Rows, VersionState
from services.retrieval.index.point_ids import entry_id, point_id
from services.retrieval.index.points import closest_first, rarity_of
from services.retrieval.index.ranking import Ranking
from services.retrieval.index.schema import (
    DISABLED,
    QUESTION,
    SCOPE,
    SEARCHED,
    SENTENCES,
    STATE,
    VECTOR,
    Fingerprint,
    in_space,
    inverse_document_frequency,
    scope,
)
from services.retrieval.index.server import candidates as server_candidates
from services.retrieval.index.server import contents as server_contents
from services.retrieval.index.server.collection import NONE, ensure_collection, ensure_vectors
from services.retrieval.index.server.new_points import passage_point, question_point
from services.retrieval.index.server.refusal import as_refusal
from services.retrieval.index.server.requests import any_version, anything_of, by_words, makeshift, within
from services.retrieval.text.words import WordVector

BATCH = 64
SEARCH_SECONDS = 0.7


class ServerIndex:
    """See Index.

    Several processes share one collection; a server that is down is an UNAVAILABLE refusal.
    """

    def __init__(self, client: AsyncQdrantClient, collection: str, search_seconds: float) -> None:
        self._client = client
        self.collection = collection
        self._search_seconds = search_seconds
        self._spaces: set[str] = set()

    @classmethod
    async def open(
        cls,
        client: AsyncQdrantClient,
        fingerprint: Fingerprint,
        search_seconds: float = SEARCH_SECONDS,
        quantization: str = NONE,
    ) -> "ServerIndex":
        """The collection for this fingerprint, made if it is not there.

        The client is closed with the index. Each request of a search is given up after `search_seconds`; what changes
        the index may take the time that the client allows.
        """
        async with as_refusal():
            return cls(client, await ensure_collection(client, fingerprint, quantization), search_seconds)

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """See Index."""
        for start in range(0, len(entries), BATCH):
            points = [passage_point(chatbot_id, version, one) for one in entries[start : start + BATCH]]
            await self._upsert(points)

    async def add_question(
        self, chatbot_id: str, version: str, question_id: str, vectors: Mapping[str, Vector]
    ) -> None:
        """See Index."""
        await self._upsert([question_point(chatbot_id, version, question_id, vectors)])

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """See Index."""
        state, other = (SEARCHED, DISABLED) if enabled else (DISABLED, SEARCHED)
        chosen = models.Filter(must=[*within(chatbot_id, other), any_version(versions)])
        payload = {SCOPE: scope(chatbot_id, state), STATE: state}
        async with as_refusal():
            await self._client.set_payload(self.collection, payload, points=chosen, wait=True)

    async def remove(self, versions: Collection[str]) -> None:
        """See Index."""
        await self._delete(models.Filter(must=[any_version(versions)]))

    async def remove_makeshift(self) -> None:
        """See Index."""
        await self._delete(makeshift())

    async def flush(self) -> None:
        """See Index. The server has every acknowledged write in its log."""

    async def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, *, with_rarity: bool) -> None:
        """See Index. A server has other things to do than to answer the same twice."""

    async def candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        """See Index."""
        return await server_candidates.candidates(self._rank, chatbot_id, queries, depth)

    async def sentences(self, chatbot_id: str, passage_ids: Collection[str], space: str = "") -> dict[str, Rows]:
        """See Index."""
        name = in_space(SENTENCES, space)
        ids: list[Any] = [str(point_id(one)) for one in passage_ids]
        chosen = models.Filter(must=[*within(chatbot_id, SEARCHED), models.HasIdCondition(has_id=ids)])
        async with as_refusal(self._search_seconds):
            records, _ = await self._client.scroll(
                self.collection, chosen, limit=max(1, len(ids)), with_payload=False, with_vectors=[name]
            )
        return {
            entry_id(record.id): np.array(record.vector[name], np.float32)
            for record in records
            if isinstance(record.vector, dict) and name in record.vector
        }

    async def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """See Index."""
        if not words:
            return []
        searched = within(chatbot_id, SEARCHED)
        queries = [Query(WordVector((word,), (1.0,)), None) for word in words]
        requests = by_words(queries, searched, searched, 1, with_vector=True)
        async with as_refusal(self._search_seconds):
            results = await self._client.query_batch_points(self.collection, requests)
            counted = await self._client.count(self.collection, models.Filter(must=searched), exact=False)
        absent = inverse_document_frequency(counted.count, 0)
        return [rarity_of(word, result.points, absent) for word, result in zip(words, results, strict=True)]

    async def nearest_questions(self, chatbot_id: str, vector: Vector, limit: int, space: str = "") -> Closest:
        """See Index."""
        async with as_refusal(self._search_seconds):
            result = await self._client.query_points(
                self.collection,
                query=vector.tolist(),
                using=in_space(VECTOR, space),
                query_filter=models.Filter(must=within(chatbot_id, QUESTION)),
                limit=limit,
                with_payload=False,
            )
        return closest_first(result.points)

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """See Index."""
        async with as_refusal():
            return await server_contents.versions(self._client, self.collection, among)

    async def chatbots(self) -> set[str]:
        """See Index."""
        async with as_refusal():
            return await server_contents.chatbots(self._client, self.collection)

    async def ensure_space(self, space: str, dimension: int) -> None:
        """See Index."""
        if space not in self._spaces:
            async with as_refusal():
                await ensure_vectors(self._client, self.collection, space, dimension)
            self._spaces.add(space)

    async def entries(self, chatbot_id: str, space: str = "") -> dict[str, IndexedEntry]:
        """See Index."""
        found: dict[str, IndexedEntry] = {}
        offset: Any = None
        async with as_refusal():
            while True:
                some, offset = await server_contents.page(self._client, self.collection, chatbot_id, offset, space)
                found |= some
                if offset is None:
                    return found

    async def remove_entries(self, chatbot_id: str, ids: Collection[str]) -> None:
        """See Index."""
        chosen = models.HasIdCondition(has_id=[str(point_id(one)) for one in ids])
        await self._delete(models.Filter(must=[anything_of(chatbot_id), chosen]))

    async def close(self) -> None:
        """See Index."""
        await self._client.close()

    async def _delete(self, chosen: models.Filter) -> None:
        selector = models.FilterSelector(filter=chosen)
        async with as_refusal():
            await self._client.delete(self.collection, points_selector=selector, wait=True)

    async def _upsert(self, points: list[models.PointStruct]) -> None:
        async with as_refusal():
            await self._client.upsert(self.collection, points, wait=True)

    async def _rank(self, requests: list[models.QueryRequest]) -> list[Ranking]:
        if not requests:
            return []
        async with as_refusal(self._search_seconds):
            results = await self._client.query_batch_points(self.collection, requests)
        return [{point.id: point.score for point in result.points} for result in results]
