"""Keeps the index in line with the store, whatever broke off in between."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress

from services.clock import Clock
from services.errors import ChatmountError
from services.retrieval.index.index import KeptIndex
from services.retrieval.indexer import Indexer
from services.retrieval.metrics import INDEX_FAULTS
from services.retrieval.records import LiveVersion
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.rebuild import Rebuild, is_whole

logger = logging.getLogger(__name__)

GRACE_MS = 60 * 60 * 1000
"""How long a change that another replica noted may still be under way."""

SWEEP_SECONDS = 10 * 60
FLUSH_SECONDS = 5
RETRY_SECONDS = 0.5


class Keeper:
    """The store decides what exists; the keeper makes the index hold exactly that.

    Every change of a version is noted as unsettled in the same transaction that makes it; when the index has followed,
    the note is struck. So after a sudden end the notes tell what is left to do.

    `shared`: other processes work on the same index, so young notes may be of changes that are still under way.
    `is_found_meanwhile`: whether searches find a version though the index lacks it.
    """

    def __init__(
        self,
        index: KeptIndex,
        indexer: Indexer,
        sources: SourceStore,
        qa_pairs: QaPairStore,
        unsettled: UnsettledStore,
        clock: Clock,
        *,
        shared: bool,
        is_found_meanwhile: Callable[[str], bool] = lambda version: False,
    ) -> None:
        self._index = index
        self._indexer = indexer
        self._unsettled = unsettled
        self._clock = clock
        self._shared = shared
        self._is_found_meanwhile = is_found_meanwhile
        # Two settlements of one version by this process would only repeat each other's work.
        self._turn = asyncio.Lock()
        self._owed: set[str] = set()
        self._owing = asyncio.Event()
        self._rebuild = Rebuild(index, indexer, sources, qa_pairs, unsettled, clock, self.settle, shared=shared)

    def is_missing(self, version: str) -> bool:
        """Whether a version is still waiting for the index to follow, or to be indexed anew."""
        return version in self._owed or (version in self._rebuild and not self._is_found_meanwhile(version))

    def refusal(self, version: str) -> str:
        """See Rebuild; of a version that is missing."""
        return self._rebuild.refusal(version) if self.is_missing(version) else ""

    def is_waiting(self, version: str) -> bool:
        """Whether the index does not hold a version as it should, and is about to be put right."""
        return version in self._rebuild or version in self._owed

    async def settle(self, versions: Collection[str]) -> None:
        """Brings the index in line with the store for these versions, and strikes their notes.

        When the index or the store is away this is done later: what was removed or switched off is not found even so,
        for every search asks the store.
        """
        try:
            await self._settle(versions)
        except ChatmountError as error:
            INDEX_FAULTS.inc()
            logger.warning("the index does not follow for now: %s", error.__cause__ or error)
            self._owed.update(version for version in versions if version)
            self._owing.set()

    async def look_for_missing(self) -> int:
        """Has indexed what the index lacks of what the store has by now; how many versions that are."""
        # In this order: what the store has was in the index before.
        live = await self._unsettled.live()
        held = await self._index.versions()
        missing = [one for one in live.values() if not is_whole(held.get(one.version), one) and self._is_indexed(one)]
        self._rebuild.add(missing)
        return len(missing)

    async def index_anew(self, versions: Collection[str]) -> None:
        """Indexes the versions that the store has of these once more, and removes the others.

        Raises EmbedderUnavailable, and UNAVAILABLE.
        """
        for one in (await self._unsettled.live(versions)).values():
            if self._is_indexed(one):
                await self._rebuild.index_anew(one)
        await self._settle(versions)

    async def index_later(self, version: str) -> None:
        """Has a version that this process noted and could not index indexed when that is possible again."""
        self._rebuild.add(list((await self._unsettled.live([version])).values()), ours=True)

    async def reconcile(self) -> None:
        """Compares everything: removes what the store does not know, switches what is switched otherwise.

        What the index lacks is indexed by `working`, for that may take long.
        """
        async with self._turn:
            # In this order: what another replica is adding is noted before the index has it, and its note stays until
            # the store has it.
            held = await self._index.versions()
            young = set(await self._unsettled.unsettled())
            old = set(await self._unsettled.unsettled(self._oldest_young_note()))
            young -= old
            live = await self._unsettled.live()
            unknown = [version for version in held if version not in live and version not in young]
            lacking = [one for one in live.values() if not is_whole(held.get(one.version), one)]
            if lacking and self._shared:
                # What came into the store since the first look is in the index by now.
                held = await self._index.versions()
                lacking = [one for one in lacking if not is_whole(held.get(one.version), one)]
        missing = [one for one in lacking if self._is_indexed(one)]
        other = [
            one.version for one in live.values() if one.version in held and held[one.version].enabled != one.enabled
        ]
        await self._settle({*unknown, *other, *old} - {one.version for one in missing})
        await self._index.flush()
        self._rebuild.add(missing)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Indexes what is missing, catches up, sweeps old notes and flushes the index beside the block."""
        works = (self._rebuild.run(), self._catch_up(), self._sweep(), self._flush())
        tasks = [asyncio.create_task(work) for work in works]
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
        await self._rebuild.finished()

    async def _settle(self, versions: Collection[str]) -> None:
        left: Collection[str] = [version for version in versions if version]
        if not left:
            return
        async with self._turn:
            # Another replica may change a version between our look at the store and our write to the index. Whoever
            # writes to the index last looks at the store once more, so that the last word is the store's.
            while left:
                live = await self._unsettled.live(left)
                gone = [version for version in left if version not in live]
                if gone:
                    await self._index.remove(gone)
                await self._switch(live.values())
                left = await self._unsettled.settle({version: live.get(version) for version in left})

    async def _catch_up(self) -> None:
        while True:
            await self._owing.wait()
            await asyncio.sleep(RETRY_SECONDS)
            self._owing.clear()
            owed = set(self._owed)
            try:
                await self._settle(owed)
                self._owed -= owed
            except Exception as error:  # whatever it is, the notes are still there and somebody has to
                logger.warning("the index still does not follow: %s", type(error).__name__)
                self._owing.set()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._settle(await self._unsettled.unsettled(self._now_ms() - GRACE_MS))
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

    async def _switch(self, versions: Iterable[LiveVersion]) -> None:
        groups: dict[tuple[str, bool], list[str]] = {}
        for one in versions:
            groups.setdefault((one.chatbot_id, one.enabled), []).append(one.version)
        for (chatbot_id, enabled), chosen in groups.items():
            await self._index.set_enabled(chatbot_id, chosen, enabled)

    def _is_indexed(self, one: LiveVersion) -> bool:
        return self._indexer.has_vectors or not one.version.startswith("qa_")

    def _oldest_young_note(self) -> int | None:
        return self._now_ms() - GRACE_MS if self._shared else None

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
