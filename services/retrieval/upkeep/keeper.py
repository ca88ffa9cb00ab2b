"""Keeps the index in line with the store, also after a sudden end."""

from collections.abc import Callable, Collection

from services.clock import Clock, now_ms
from services.retrieval.index.index import KeptIndex
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.metrics import INDEX_FAULTS
from services.retrieval.records import LiveVersion
from services.retrieval.store.stores import Stores
from services.retrieval.upkeep.notes import GRACE_MS
from services.retrieval.upkeep.rebuild import Rebuild, is_whole
from services.retrieval.upkeep.settlement import Settlement
from services.tasks import Tasks

SWEEP_SECONDS = 10 * 60
FLUSH_SECONDS = 5
RETRY_SECONDS = 0.5


class Keeper:
    """The store decides what exists; the keeper makes the index hold exactly that.

    `shared`: other processes work on the same index, so young notes may be of changes that are still under way.
    `is_found_meanwhile`: whether searches find a version though the index lacks it.
    """

    def __init__(
        self,
        index: KeptIndex,
        indexer: EditionIndexer,
        stores: Stores,
        clock: Clock,
        *,
        shared: bool,
        is_found_meanwhile: Callable[[str], bool] = lambda version: False,
    ) -> None:
        self._index = index
        self._indexer = indexer
        self._unsettled = stores.unsettled
        self._clock = clock
        self._shared = shared
        self._is_found_meanwhile = is_found_meanwhile
        self._settlement = Settlement(index, stores.unsettled, lambda versions: self._rebuild.add(versions, ours=True))
        self.settle = self._settlement.settle
        self._rebuild = Rebuild(index, indexer, stores, clock, self.settle, shared=shared)
        self.rebuilt = self._rebuild.finished

    @property
    def is_behind(self) -> bool:
        """Whether any version may be missing."""
        return bool(self._rebuild) or self._settlement.owes

    def is_missing(self, version: str) -> bool:
        """Whether a version is still waiting for the index to follow, or to be indexed again."""
        return self._settlement.is_owed(version) or (version in self._rebuild and not self._is_found_meanwhile(version))

    def refusal(self, version: str) -> str:
        """See Rebuild; of a version that is missing."""
        return self._rebuild.refusal(version) if self.is_missing(version) else ""

    def is_waiting(self, version: str) -> bool:
        """Whether the index does not hold a version as it should, and is about to be put right."""
        return version in self._rebuild or self._settlement.is_owed(version)

    async def look_for_missing(self) -> int:
        """Have the versions indexed that the index lacks; returns their number."""
        # In this order: what the store has was in the index before.
        live = await self._unsettled.live()
        held = await self._index.versions()
        missing = [one for one in live.values() if not is_whole(held.get(one.version), one) and self._is_indexed(one)]
        self._rebuild.add(missing)
        return len(missing)

    async def index_again(self, versions: Collection[str]) -> None:
        """Index the versions that the store has of these once more, and remove the others.

        Raises EmbedderUnavailable, and UNAVAILABLE.
        """
        for one in (await self._unsettled.live(versions)).values():
            if self._is_indexed(one):
                await self._rebuild.index_again(one)
        await self._settlement.settle_now(versions)

    async def index_later(self, version: str) -> None:
        """Have a version indexed as soon as it can be, which this process noted and could not."""
        self._rebuild.add((await self._unsettled.live([version])).values(), ours=True)

    async def reconcile(self) -> None:
        """Remove what the store does not know, and switch what is switched otherwise.

        What the index lacks is indexed by the tasks of `start`, for that may take long.
        """
        async with self._settlement.lock:
            # In this order: what another replica is adding is noted before the index has it, and its note stays until
            # the store has it.
            held = await self._index.versions()
            noted = set(await self._unsettled.unsettled())
            old = set(await self._unsettled.unsettled(now_ms(self._clock) - GRACE_MS)) if self._shared else noted
            live = await self._unsettled.live()
            unknown = [version for version in held if version not in live and version not in noted - old]
            lacking = [one for one in live.values() if not is_whole(held.get(one.version), one)]
            if lacking and self._shared:
                # What came into the store since the first look is in the index by now.
                held = await self._index.versions()
                lacking = [one for one in lacking if not is_whole(held.get(one.version), one)]
        missing = [one for one in lacking if self._is_indexed(one)]
        other = [
            one.version for one in live.values() if one.version in held and held[one.version].enabled != one.enabled
        ]
        await self._settlement.settle_now({*unknown, *other, *old} - {one.version for one in missing})
        await self._index.flush()
        self._rebuild.add(missing)

    def start(self, tasks: Tasks) -> None:
        """Index what is missing, catch up, sweep old notes and flush the index from now on."""
        tasks.start(self._rebuild.run(), "rebuilding the index")
        tasks.every(RETRY_SECONDS, self._settlement.catch_up, "having the index follow")
        tasks.every(SWEEP_SECONDS, self._sweep, "sweeping the index")
        tasks.every(FLUSH_SECONDS, self._flush, "writing the index out")

    async def _sweep(self) -> None:
        with INDEX_FAULTS.count_exceptions():
            await self._settlement.settle_now(await self._unsettled.unsettled(now_ms(self._clock) - GRACE_MS))

    async def _flush(self) -> None:
        # Not with every change: the engine needs 20 ms for it, in which no search gets through. What a crash of the
        # machine may take from the index within these seconds, `reconcile` brings back from the store.
        with INDEX_FAULTS.count_exceptions():
            await self._index.flush()

    def _is_indexed(self, one: LiveVersion) -> bool:
        return self._indexer.has_vectors or not one.version.startswith("qa_")
