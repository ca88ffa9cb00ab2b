"""Indexes what the index lacks, in the background.

Where several replicas share an index, each does a part.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial

from services.clock import Clock, now_ms
from services.errors import ChatmountError, Text
from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.index.index import KeptIndex, VersionState
from services.retrieval.index.indexer import SLAB, Indexer
from services.retrieval.ingest.refusals import REFUSED_SECONDS
from services.retrieval.metrics import INDEX_FAULTS, INDEX_MISSING
from services.retrieval.records import LiveVersion
from services.retrieval.store.stores import Stores
from services.tasks import wait_at_most

logger = logging.getLogger(__name__)

CLAIM_MS = 60 * 1000
"""How long a replica that has not been heard of is still believed to be at work on a version."""

RETRY_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 2.0


def is_whole(held: VersionState | None, one: LiveVersion) -> bool:
    """Whether an index that holds this of a version has all of its entries."""
    return held is not None and held.entries == one.entries


class Rebuild:
    """Works through what is missing. `settle` is what ends the work on a version.

    `shared`: other processes fill the same index. A version is claimed by a note in the store, which is renewed while
    it is being indexed, so that two replicas do not do the same work; should they do it all the same, nothing is lost
    by it, for an entry that is added again replaces itself.
    """

    def __init__(
        self,
        index: KeptIndex,
        indexer: Indexer,
        stores: Stores,
        clock: Clock,
        settle: Callable[[list[str]], Awaitable[None]],
        *,
        shared: bool,
    ) -> None:
        self._index = index
        self._indexer = indexer
        self._stores = stores
        self._clock = clock
        self._settle = settle
        self._shared = shared
        self._missing: dict[str, LiveVersion] = {}
        self._refused: dict[str, str] = {}
        self._ours: set[str] = set()
        self._added = asyncio.Event()
        self._complete = asyncio.Event()
        self._complete.set()

    def __contains__(self, version: str) -> bool:
        return version in self._missing

    def __len__(self) -> int:
        return len(self._missing)

    def refusal(self, version: str) -> str:
        """Why the embedder would not take a version that is missing; empty where it did not say so."""
        return self._refused.get(version, "")

    def add(self, versions: Collection[LiveVersion], *, ours: bool = False) -> None:
        """Have these indexed again.

        `ours`: by this process, which has noted them itself a moment ago.
        """
        self._missing.update({one.version: one for one in versions})
        if ours:
            self._ours.update(one.version for one in versions)
        if self._missing:
            self._added.set()
            self._complete.clear()
        INDEX_MISSING.set(len(self._missing))

    async def finished(self) -> None:
        """Return when nothing is missing."""
        await self._complete.wait()

    async def run(self) -> None:
        """Work until it is cancelled."""
        while True:
            await self._added.wait()
            total = len(self._missing)
            logger.warning(
                "Indexing %d sources and questions again from the store; each is in the index as soon as it is done.",
                total,
            )
            while self._missing:
                self._added.clear()
                pause = await self._round()
                if self._missing:
                    # What is added is not kept waiting by what can't be indexed.
                    await wait_at_most(pause, self._added)
            self._added.clear()
            self._complete.set()
            logger.info("The index is complete: %d sources and questions had been missing.", total)

    async def _round(self) -> float:
        """Try everything once; returns the seconds after which to try what is left."""
        pause = LOOK_AGAIN_SECONDS
        attempts: list[Callable[[], Awaitable[None]]] = [self._drop_what_others_did]
        attempts += [partial(self._try, one) for one in self._missing.values()]
        for attempt in attempts:
            try:
                with INDEX_FAULTS.count_exceptions():
                    await attempt()
            except EmbedderRefused as error:
                logger.error("Indexing is refused, and is tried again in %d s: %s", REFUSED_SECONDS, error)
                pause = REFUSED_SECONDS
                if not error.for_its_texts:
                    self._refused = dict.fromkeys(self._missing, error.as_refusal(Text.INDEXING_UNAVAILABLE).text)
                    return pause
            except EmbedderUnavailable as error:
                logger.warning("Indexing waits for the embedder: %s", error)
                return max(RETRY_SECONDS, error.retry_after or 0.0)
            except ChatmountError as error:
                logger.warning("Indexing waits for the index and the store: %s", error.__cause__ or error)
                return LOOK_AGAIN_SECONDS
            except Exception:  # the rest of the index must not stay away because of one passing fault
                logger.exception("indexing from the store failed; it is tried again")
                pause = RETRY_SECONDS
        return pause

    async def _try(self, one: LiveVersion) -> None:
        if one.version in self._missing and await self._claimed(one.version):
            # Who claims last may find that the one before has just finished.
            held = await self._index.versions([one.version]) if self._shared else {}
            if not is_whole(held.get(one.version), one):
                try:
                    await self.index_again(one)
                except EmbedderRefused as error:
                    # It may be for the texts of this one alone: the others are tried all the same.
                    self._refused[one.version] = error.as_refusal(Text.INDEXING_UNAVAILABLE).text
                    raise
            self._drop(one.version)
            await self._settle([one.version])

    async def _drop_what_others_did(self) -> None:
        if not self._shared:
            return
        held = await self._index.versions()
        done = [version for version, one in self._missing.items() if is_whole(held.get(version), one)]
        for version in done:
            self._drop(version)
        await self._settle(done)

    async def _claimed(self, version: str) -> bool:
        if not self._shared or version in self._ours:
            return True
        now = now_ms(self._clock)
        return await self._stores.unsettled.claim(version, now, now - CLAIM_MS)

    async def index_again(self, one: LiveVersion) -> None:
        """Index a version once more, whatever the index holds of it. Raises EmbedderUnavailable."""
        for pair in (await self._stores.qa_pairs.find(one.chatbot_id, [one.version])).values():
            await self._indexer.add_question(one.chatbot_id, pair.id, pair.question)
        after = -1
        while found := await self._stores.sources.of_version(one.version, after, SLAB):
            passages = [entry.passage for entry in found]
            await self._indexer.add_passages(one.chatbot_id, one.version, found[0].title, passages)
            after = passages[-1].place
            if self._shared:
                await self._stores.unsettled.note(one.version, now_ms(self._clock))

    def _drop(self, version: str) -> None:
        self._missing.pop(version, None)
        self._refused.pop(version, None)
        self._ours.discard(version)
        INDEX_MISSING.set(len(self._missing))
