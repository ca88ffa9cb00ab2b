"""The index in the process: Qdrant's engine as a library, one folder, no server."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as edge

from services.retrieval.changes import Changes
from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.edge import candidates as edge_candidates
from services.retrieval.index.edge import contents as edge_contents
from services.retrieval.index.edge.new_points import passage_point, question_point
from services.retrieval.index.edge.requests import any_version, anything_of, makeshift, nearest_questions, within
from services.retrieval.index.edge.sentences import sentences_of
from services.retrieval.index.edge.shard import load_shard, new_vectors, open_shard, spaces_of
from services.retrieval.index.edge.words import EdgeWords
from services.retrieval.index.index import Candidates, Closest, IndexedEntry, PassageEntry, Query, Rows, VersionState
from services.retrieval.index.point_ids import point_id
from services.retrieval.index.points import closest_first
from services.retrieval.index.schema import DISABLED, SCOPE, SEARCHED, STATE, Fingerprint, scope
from services.retrieval.text.words import WordVector

Result = TypeVar("Result")

BATCH = 8
"""Points a write. The engine holds Python's global lock while it works: searches would feel longer writes."""

MANY = 10_000
"""Chatbots without questions, in a space, that are remembered until something is written."""


class EdgeIndex:
    """See Index. One process at a time; nothing needs a network.

    All calls run on one thread of its own: the engine's calls hold Python's global lock for most of their time, so more
    threads would win nothing, and one thread can't deadlock between that lock and the engine's.
    """

    def __init__(self, shard: edge.EdgeShard, changes: Changes, spaces: set[str]) -> None:
        self._shard = shard
        self._changes = changes
        self._thread = ThreadPoolExecutor(1, "index")
        self._is_dirty = False
        self._words = EdgeWords(self._query, shard.count)
        self._without_questions: set[tuple[str, str]] = set()
        self._spaces = spaces

    @classmethod
    async def open(cls, folder: Path, fingerprint: Fingerprint | None, changes: Changes | None = None) -> "EdgeIndex":
        """Open the index in `folder`, or begin a new one with this fingerprint.

        None: as it is, or an Exception. `changes` is told of every write.
        """
        opening = load_shard if fingerprint is None else partial(open_shard, fingerprint=fingerprint)
        shard = await asyncio.to_thread(opening, folder)
        return cls(shard, changes or Changes(), spaces_of(folder))

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """See Index."""
        for start in range(0, len(entries), BATCH):
            await self._run(self._upsert, chatbot_id, version, entries[start : start + BATCH])

    async def add_question(
        self, chatbot_id: str, version: str, question_id: str, vectors: Mapping[str, Vector]
    ) -> None:
        """See Index."""
        point = question_point(chatbot_id, version, question_id, vectors)
        await self._run(self._write, edge.UpdateOperation.upsert_points([point]), [chatbot_id])

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """See Index."""
        state, other = (SEARCHED, DISABLED) if enabled else (DISABLED, SEARCHED)
        chosen = edge.Filter(must=[*(within(chatbot_id, other).must or []), any_version(versions)])
        payload = {SCOPE: scope(chatbot_id, state), STATE: state}
        await self._run(self._write, edge.UpdateOperation.set_payload_by_filter(chosen, payload), [chatbot_id])

    async def remove(self, versions: Collection[str]) -> None:
        """See Index."""
        await self._delete(edge.Filter(must=[any_version(versions)]))

    async def remove_makeshift(self) -> None:
        """See Index."""
        await self._delete(makeshift())

    async def flush(self) -> None:
        """See Index."""
        await self._run(self._flush)

    async def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, *, with_rarity: bool) -> None:
        """See Index."""
        await self._run(self._words.look_ahead, chatbot_id, words, depth, with_rarity)

    async def candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        """See Index."""
        return await self._run(self._candidates, chatbot_id, queries, depth)

    async def sentences(self, chatbot_id: str, passage_ids: Collection[str], space: str = "") -> dict[str, Rows]:
        """See Index."""
        return await self._run(sentences_of, self._shard, chatbot_id, passage_ids, space)

    async def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """See Index."""
        known = self._words.known_rarity(chatbot_id, words)
        return await self._run(self._words.rarity, chatbot_id, words) if known is None else known

    async def nearest_questions(self, chatbot_id: str, vector: Vector, limit: int, space: str = "") -> Closest:
        """See Index."""
        if (chatbot_id, space) in self._without_questions:
            return []
        request = nearest_questions(chatbot_id, vector, limit, space)
        return closest_first(await self._run(self._nearest, (chatbot_id, space), request))

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """See Index."""
        return await self._run(edge_contents.versions, self._shard, among)

    async def chatbots(self) -> set[str]:
        """See Index."""
        return await self._run(edge_contents.chatbots, self._shard)

    async def ensure_space(self, space: str, dimension: int) -> None:
        """See Index."""
        await self._run(self._ensure_space, space, dimension)

    async def entries(self, chatbot_id: str, space: str = "") -> dict[str, IndexedEntry]:
        """See Index."""
        found: dict[str, IndexedEntry] = {}
        offset: Any = None
        while True:
            # A page at a time, so that searches come in between.
            some, offset = await self._run(edge_contents.page, self._shard, chatbot_id, offset, space)
            found |= some
            if offset is None:
                return found

    async def remove_entries(self, chatbot_id: str, ids: Collection[str]) -> None:
        """See Index."""
        chosen = edge.HasIdCondition({point_id(one) for one in ids})
        await self._delete(edge.Filter(must=[anything_of(chatbot_id), chosen]))

    async def close(self) -> None:
        """See Index."""
        await self._run(self._shard.close)
        self._thread.shutdown()

    async def _delete(self, chosen: edge.Filter) -> None:
        await self._run(self._delete_at_once, chosen)

    async def _run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _flush(self) -> None:
        if self._is_dirty:
            self._shard.flush()
            self._is_dirty = False

    def _write(self, operation: edge.UpdateOperation, chatbots: Collection[str]) -> None:
        """The one way to write; `chatbots` are all whose entries it changes."""
        self._is_dirty = True
        self._words.forget()
        self._without_questions.clear()
        with self._changes.moving(chatbots):
            self._shard.update(operation)

    def _ensure_space(self, space: str, dimension: int) -> None:
        if space not in self._spaces:
            for operation in new_vectors(space, dimension):
                self._shard.update(operation)
            self._shard.flush()
            self._spaces.add(space)

    def _delete_at_once(self, chosen: edge.Filter) -> None:
        chatbots = edge_contents.chatbots(self._shard, chosen)
        self._write(edge.UpdateOperation.delete_points_by_filter(chosen), chatbots)

    def _upsert(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        points = [passage_point(chatbot_id, version, entry) for entry in entries]
        self._write(edge.UpdateOperation.upsert_points(points), [chatbot_id])

    def _candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        known = self._words.rankings(chatbot_id, [query.words for query in queries], depth)
        return edge_candidates.candidates(self._query, chatbot_id, queries, depth, known)

    def _nearest(self, asked: tuple[str, str], request: edge.QueryRequest) -> list[edge.ScoredPoint]:
        points = self._shard.query(request)
        # Most chatbots have none, and each of their searches would ask again.
        if not points and request.limit and len(self._without_questions) < MANY:
            self._without_questions.add(asked)
        return points

    def _query(self, requests: list[edge.QueryRequest]) -> list[list[Any]]:
        return self._shard.query_batch(edge.QueryBatchRequest(requests)) if requests else []
