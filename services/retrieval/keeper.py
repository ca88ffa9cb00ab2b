"""Keeps the index in line with the store, whatever broke off in between."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from services.clock import Clock
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.index.index import Index, VersionState
from services.retrieval.indexer import SLAB, Indexer
from services.retrieval.metrics import INDEX_FAULTS, INDEX_MISSING
from services.retrieval.records import LiveVersion
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore

logger = logging.getLogger(__name__)

GRACE_MS = 60 * 60 * 1000
"""How long a change that another replica noted may still be under way."""

SWEEP_SECONDS = 10 * 60
FLUSH_SECONDS = 5
RETRY_SECONDS = 30


class Keeper:
    """The store decides what exists; the keeper makes the index hold exactly that.

    Every change of a version is noted as unsettled in the same transaction that makes it; when the index has followed,
    the note is struck. So after a sudden end the notes tell what is left to do.

    `shared`: other processes work on the same index, so young notes may be of changes that are still under way.
    """

    def __init__(
        self,
        index: Index,
        indexer: Indexer,
        sources: SourceStore,
        qa_pairs: QaPairStore,
        unsettled: UnsettledStore,
        clock: Clock,
        *,
        shared: bool,
    ) -> None:
        self._index = index
        self._indexer = indexer
        self._sources = sources
        self._qa_pairs = qa_pairs
        self._unsettled = unsettled
        self._clock = clock
        self._shared = shared
        # Reading the store's state and writing it to the index must not be overtaken by a newer state.
        self._turn = asyncio.Lock()
        self._missing: dict[str, LiveVersion] = {}
        self._rebuilding: asyncio.Task[None] | None = None

    def is_missing(self, version: str) -> bool:
        """Whether a version is still waiting to be indexed anew."""
        return version in self._missing

    async def settle(self, versions: Collection[str]) -> None:
        """Brings the index in line with the store for these versions, and strikes their notes."""
        versions = [version for version in versions if version]
        if not versions:
            return
        async with self._turn:
            live = await self._unsettled.live(versions)
            await self._remove([version for version in versions if version not in live])
            await self._switch(live.values())
            await self._unsettled.settle(versions)

    async def reconcile(self) -> None:
        """Compares everything: removes what the store does not know, switches what is switched otherwise.

        What the index lacks is indexed by `rebuilding`, for that may take long.
        """
        async with self._turn:
            held = await self._index.versions()
            live = await self._unsettled.live()
            noted = await self._unsettled.unsettled(self._oldest_young_note())
            young = set(await self._unsettled.unsettled()) - set(noted)
            await self._remove([version for version in held if version not in live and version not in young])
            present = [one for one in live.values() if self._is_whole(held.get(one.version), one)]
            await self._switch([one for one in present if held[one.version].enabled != one.enabled])
            await self._index.flush()
            whole = {one.version for one in present}
            self._missing = {
                version: one for version, one in live.items() if version not in whole and self._is_indexed(one)
            }
            INDEX_MISSING.set(len(self._missing))
            await self._unsettled.settle([version for version in noted if version not in self._missing])

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Indexes what is missing, sweeps old notes and flushes the index beside the block."""
        self._rebuilding = asyncio.create_task(self._rebuild())
        tasks = [self._rebuilding, asyncio.create_task(self._sweep()), asyncio.create_task(self._flush())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def rebuilt(self) -> None:
        """Returns when nothing is missing any more."""
        if self._rebuilding is not None:
            await asyncio.shield(self._rebuilding)

    async def _rebuild(self) -> None:
        if not self._missing:
            return
        total = len(self._missing)
        logger.warning(
            "Indexing %d sources and questions anew from the store; searches find them as they come in.", total
        )
        for version, one in list(self._missing.items()):
            await self._index_patiently(one)
            await self.settle([version])
            self._missing.pop(version, None)
            INDEX_MISSING.set(len(self._missing))
        logger.info("The index is complete: %d sources and questions were indexed anew.", total)

    async def _index_patiently(self, one: LiveVersion) -> None:
        while True:
            try:
                return await self._index_anew(one)
            except EmbedderUnavailable as error:
                logger.warning("Indexing waits for the embedder: %s", error)
            except Exception:  # the rest of the index must not stay away because of one passing fault
                logger.exception("indexing anew failed; it is tried again")
            INDEX_FAULTS.inc()
            await asyncio.sleep(RETRY_SECONDS)

    async def _index_anew(self, one: LiveVersion) -> None:
        await self._index.remove([one.version])
        for pair in (await self._qa_pairs.find(one.chatbot_id, [one.version])).values():
            await self._indexer.add_question(one.chatbot_id, pair.id, pair.question)
        after = -1
        while found := await self._sources.of_version(one.version, after, SLAB):
            passages = [entry.passage for entry in found]
            await self._indexer.add_passages(one.chatbot_id, one.version, found[0].title, passages)
            after = passages[-1].place

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.settle(await self._unsettled.unsettled(self._now_ms() - GRACE_MS))
            except Exception:  # one failed sweep must not end all later ones
                INDEX_FAULTS.inc()
                logger.exception("sweeping the index failed")

    async def _flush(self) -> None:
        # Not with every change: the engine needs 20 ms for it, in which no search gets through. What a crash of the
        # machine may take from the index within these seconds, `reconcile` brings back from the store.
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._index.flush()
            except Exception:  # a full disk may have room again
                INDEX_FAULTS.inc()
                logger.exception("writing the index out failed; it is tried again")

    async def _remove(self, versions: Collection[str]) -> None:
        if versions:
            await self._index.remove(versions)

    async def _switch(self, versions: Collection[LiveVersion]) -> None:
        groups: dict[tuple[str, bool], list[str]] = {}
        for one in versions:
            groups.setdefault((one.chatbot_id, one.enabled), []).append(one.version)
        for (chatbot_id, enabled), chosen in groups.items():
            await self._index.set_enabled(chatbot_id, chosen, enabled)

    def _is_indexed(self, one: LiveVersion) -> bool:
        return self._indexer.has_vectors or not one.version.startswith("qa_")

    def _is_whole(self, held: VersionState | None, one: LiveVersion) -> bool:
        return held is not None and held.entries == one.entries

    def _oldest_young_note(self) -> int | None:
        return self._now_ms() - GRACE_MS if self._shared else None

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
