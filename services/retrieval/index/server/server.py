"""The index on a Qdrant server: the same requests over the network, shared by all replicas of the service."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from qdrant_client import AsyncQdrantClient, models

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.contents import IndexedEntry
from services.retrieval.index.index import Candidates, PassageEntry, Query, Rows, VersionState
from services.retrieval.index.point_ids import entry_id, point_id
from services.retrieval.index.ranking import Ranking, gather, nothing
from services.retrieval.index.schema import (
    DISABLED,
    QUESTION,
    SCOPE,
    SEARCHED,
    SENTENCES,
    STATE,
    VECTOR,
    VERSION,
    Fingerprint,
    inverse_document_frequency,
    scope,
)
from services.retrieval.index.server import contents as server_contents
from services.retrieval.index.server.collection import ensure_collection
from services.retrieval.index.server.points import point_of, rarity_of, vectors_of
from services.retrieval.index.server.refusal import as_refusal
from services.retrieval.index.server.requests import (
    Conditions,
    any_version,
    anything_of,
    by_sentences,
    by_vector,
    by_words,
    filed,
    makeshift,
    within,
)
from services.retrieval.text.words import WordVector

BATCH = 64
ALL = 1_000_000
SEARCH_SECONDS = 0.7


class ServerIndex:
    """See Index. Several processes share one collection; a server that is down is an UNAVAILABLE refusal."""

    def __init__(self, client: AsyncQdrantClient, collection: str, search_seconds: float) -> None:
        self._client = client
        self._collection = collection
        self._search_seconds = search_seconds

    @classmethod
    async def open(
        cls,
        client: AsyncQdrantClient,
        fingerprint: Fingerprint,
        search_seconds: float = SEARCH_SECONDS,
        quantization: str = "none",
    ) -> "ServerIndex":
        """The collection for this fingerprint, made if it is not there. The client is closed with the index.

        Each request of a search is given up after `search_seconds`; what changes the index may take the time that the
        client allows.
        """
        async with as_refusal():
            return cls(client, await ensure_collection(client, fingerprint, quantization), search_seconds)

    @property
    def collection(self) -> str:
        """Its name on the server."""
        return self._collection

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """See Index."""
        for start in range(0, len(entries), BATCH):
            await self._upsert(
                [
                    point_of(
                        entry.id,
                        vectors_of(entry),
                        filed(chatbot_id, version, SEARCHED, is_makeshift=entry.is_makeshift),
                    )
                    for entry in entries[start : start + BATCH]
                ]
            )

    async def add_question(self, chatbot_id: str, version: str, question_id: str, vector: Vector) -> None:
        """See Index."""
        await self._upsert([point_of(question_id, {VECTOR: vector.tolist()}, filed(chatbot_id, version, QUESTION))])

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """See Index."""
        state, other = (SEARCHED, DISABLED) if enabled else (DISABLED, SEARCHED)
        chosen = models.Filter(must=[*within(chatbot_id, other), any_version(versions)])
        payload = {SCOPE: scope(chatbot_id, state), STATE: state}
        async with as_refusal():
            await self._client.set_payload(self._collection, payload, points=chosen, wait=True)

    async def remove(self, versions: Collection[str]) -> None:
        """See Index."""
        chosen = models.FilterSelector(filter=models.Filter(must=[any_version(versions)]))
        async with as_refusal():
            await self._client.delete(self._collection, points_selector=chosen, wait=True)

    async def remove_makeshift(self) -> None:
        """See Index."""
        async with as_refusal():
            selector = models.FilterSelector(filter=makeshift())
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def flush(self) -> None:
        """See Index. The server has every acknowledged write in its log."""

    async def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, *, with_rarity: bool) -> None:
        """See Index. A server has other things to do than to answer the same twice."""

    async def candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        """See Index."""
        searched = within(chatbot_id, SEARCHED)
        found = await self._rank([*by_words(queries, searched, searched, depth), *by_vector(queries, searched, depth)])
        points: set[Any] = {point for ranking in found for point in ranking}
        if not points:
            return nothing(queries)
        among = [*searched, models.HasIdCondition(has_id=sorted(points))]
        requests = []
        for query in queries:
            requests += by_words([query], among, searched, len(points))
            requests += by_vector([query], among, len(points))
            requests += by_sentences(query, among, len(points))
        return gather(queries, await self._rank(requests), {entry_id(point): point for point in points})

    async def sentences(self, chatbot_id: str, passage_ids: Collection[str]) -> dict[str, Rows]:
        """See Index."""
        ids: list[Any] = [str(point_id(one)) for one in passage_ids]
        chosen = models.Filter(must=[*within(chatbot_id, SEARCHED), models.HasIdCondition(has_id=ids)])
        async with as_refusal(self._search_seconds):
            records, _ = await self._client.scroll(
                self._collection, chosen, limit=max(1, len(ids)), with_payload=False, with_vectors=[SENTENCES]
            )
        return {
            entry_id(record.id): np.array(record.vector[SENTENCES], np.float32)
            for record in records
            if isinstance(record.vector, dict) and SENTENCES in record.vector
        }

    async def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """See Index."""
        if not words:
            return []
        searched = within(chatbot_id, SEARCHED)
        queries = [Query(WordVector((word,), (1.0,)), None) for word in words]
        requests = by_words(queries, searched, searched, 1, with_vector=True)
        async with as_refusal(self._search_seconds):
            results = await self._client.query_batch_points(self._collection, requests)
            counted = await self._client.count(self._collection, models.Filter(must=searched), exact=False)
        unknown = inverse_document_frequency(counted.count, 0)
        return [rarity_of(word, result.points, unknown) for word, result in zip(words, results, strict=True)]

    async def nearest_questions(self, chatbot_id: str, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """See Index."""
        async with as_refusal(self._search_seconds):
            result = await self._client.query_points(
                self._collection,
                query=vector.tolist(),
                using=VECTOR,
                query_filter=models.Filter(must=within(chatbot_id, QUESTION)),
                limit=limit,
                with_payload=False,
            )
        pairs = [(entry_id(point.id), point.score) for point in result.points]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """See Index."""
        chosen: Conditions = [] if among is None else [any_version(among)]
        off = models.FieldCondition(key=STATE, match=models.MatchValue(value=DISABLED))
        every, switched_off = models.Filter(must=chosen), models.Filter(must=[*chosen, off])
        async with as_refusal():
            hits = (await self._client.facet(self._collection, VERSION, every, limit=ALL, exact=True)).hits
            disabled = (await self._client.facet(self._collection, VERSION, switched_off, limit=ALL, exact=True)).hits
        names = {str(hit.value) for hit in disabled}
        return {str(hit.value): VersionState(hit.count, str(hit.value) not in names) for hit in hits}

    async def chatbots(self) -> set[str]:
        """See Index."""
        async with as_refusal():
            return await server_contents.chatbots(self._client, self._collection)

    async def entries(self, chatbot_id: str) -> dict[str, IndexedEntry]:
        """See Index."""
        found: dict[str, IndexedEntry] = {}
        offset: Any = None
        async with as_refusal():
            while True:
                some, offset = await server_contents.page(self._client, self._collection, chatbot_id, offset)
                found |= some
                if offset is None:
                    return found

    async def remove_entries(self, chatbot_id: str, ids: Collection[str]) -> None:
        """See Index."""
        points: list[Any] = [str(point_id(one)) for one in ids]
        chosen = models.Filter(must=[anything_of(chatbot_id), models.HasIdCondition(has_id=points)])
        async with as_refusal():
            selector = models.FilterSelector(filter=chosen)
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def close(self) -> None:
        """See Index."""
        await self._client.close()

    async def _upsert(self, points: list[models.PointStruct]) -> None:
        async with as_refusal():
            await self._client.upsert(self._collection, points, wait=True)

    async def _rank(self, requests: list[models.QueryRequest]) -> list[Ranking]:
        if not requests:
            return []
        async with as_refusal(self._search_seconds):
            results = await self._client.query_batch_points(self._collection, requests)
        return [{point.id: point.score for point in result.points} for result in results]
