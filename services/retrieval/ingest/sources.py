"""Sources: looking them up, switching them, removing them.

What is removed or off is never found again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import cache

from services.clock import Clock, now_ms
from services.errors import Text, invalid, refusal
from services.retrieval.ingest.source_fields import may_be_id
from services.retrieval.ingest.source_filter import EVERY_SOURCE, SourceFilter
from services.retrieval.records import Removed, Source, SourceCounts, SourceStatus, Standing
from services.retrieval.store.source_lists import EVERY_STANDING
from services.retrieval.store.stores import Stores
from services.retrieval.syncs import Sync
from services.retrieval.upkeep.keeper import Keeper
from services.tasks import Tasks

MAXIMUM_WATCHED = 1000
WATCHED_AT_WORK = 100
WATCH_SECONDS = 0.25
LISTED_AT_ONCE = 500
"""Sources that a filter looks at in one go, for which other calls wait."""


class Sources:
    """The sources of chatbots.

    The store's transaction takes effect; the index follows before a call returns, and when its caller leaves.
    """

    def __init__(self, stores: Stores, keeper: Keeper, finishing: Tasks, clock: Clock) -> None:
        self._store = stores.sources
        self._stores = stores
        self._keeper = keeper
        self._finishing = finishing
        self._clock = clock

    async def get(self, chatbot_id: str, source_id: str) -> Source:
        """NOT_FOUND for an id that is not the chatbot's."""
        return _known(await self._store.get(chatbot_id, source_id) if may_be_id(source_id) else None)

    async def page(self, chatbot_id: str, after: int, limit: int, chosen: SourceFilter = EVERY_SOURCE) -> list[Source]:
        """Sources in the order in which they came, from the one behind position `after`."""
        if chosen == EVERY_SOURCE:
            return await self._store.page(chatbot_id, after, limit)
        found: list[int] = []
        # A version matters to the state only while the index lacks some.
        by_version, status = self._keeper.is_behind, cache(self.status)
        standings, at_once = None, LISTED_AT_ONCE
        if chosen.statuses and not by_version:
            standings = [one for one in EVERY_STANDING if status(one) in chosen.statuses]
            at_once = LISTED_AT_ONCE if chosen.text else limit
        while len(found) < limit:
            listed = await self._stores.source_lists.listed(
                chatbot_id, after, at_once, by_version=by_version, standings=standings
            )
            found += [one.position for one in listed if chosen.admits(one, status)]
            if len(listed) < at_once:
                break
            after = listed[-1].position
        return await self._stores.source_lists.at(chatbot_id, found[:limit])

    async def counts(self, chatbot_id: str) -> SourceCounts:
        """How many sources there are in each state, and what they hold together."""
        sums, qa_pairs = await asyncio.gather(
            self._stores.source_lists.sums(chatbot_id, by_version=self._keeper.is_behind),
            self._stores.qa_pairs.count(chatbot_id),
        )
        counted: Counter[SourceStatus] = Counter()
        for one in sums:
            counted[self.status(one.standing)] += one.sources
        return SourceCounts(
            sources=counted,
            passages=sum(one.passages for one in sums),
            size_bytes=sum(one.size_bytes for one in sums),
            qa_pairs=qa_pairs,
        )

    async def record_sync(self, chatbot_id: str, sync: Sync) -> None:
        """Keep how sources were last read again. INVALID_FIELD when that can't be."""
        await self._stores.syncs.put(chatbot_id, sync.checked())

    async def last_sync(self, chatbot_id: str) -> Sync | None:
        """How sources were last read again; None: they never were."""
        return await self._stores.syncs.of(chatbot_id)

    async def set_enabled(self, chatbot_id: str, source_id: str, enabled: bool) -> Source:
        """Switch a source on or off. NOT_FOUND for an id that is not the chatbot's."""
        source = await self.get(chatbot_id, source_id)
        if source.enabled == enabled:
            return source
        return await self._finishing.outlast(self._switch(source, enabled), "switching a source")

    async def remove(self, chatbot_id: str, source_id: str) -> None:
        """Remove a source and its passages. NOT_FOUND for an id that is not the chatbot's."""
        source = await self.get(chatbot_id, source_id)
        await self._finishing.outlast(self._remove(source), "removing a source")

    async def remove_all(self, chatbot_id: str) -> Removed:
        """Remove everything that belongs to the chatbot."""
        return await self._finishing.outlast(self._remove_all(chatbot_id), "removing all sources")

    async def watch(self, chatbot_id: str, source_ids: Sequence[str]) -> AsyncIterator[tuple[int, list[Source]]]:
        """The number of sources with content under way, and those that are worked on.

        Now, and when it changes, until there are none. INVALID_FIELD for too many ids; an id that is not the chatbot's
        counts as done.
        """
        if len(source_ids) > MAXIMUM_WATCHED:
            raise invalid(f"source_ids must be at most {MAXIMUM_WATCHED}.")
        chosen = [one for one in source_ids if may_be_id(one)]
        before = None
        while not source_ids or chosen:
            now = await self._stores.ingests.left(chatbot_id, chosen, WATCHED_AT_WORK)
            if now != before:
                yield now
            if not now[0]:
                return
            before = now
            await asyncio.sleep(WATCH_SECONDS)

    async def _switch(self, source: Source, enabled: bool) -> Source:
        chatbot_id, now = source.chatbot_id, now_ms(self._clock)
        switched = _known(await self._store.set_enabled(chatbot_id, source.id, enabled, now))
        await self._keeper.settle([switched.version])
        return switched

    async def _remove(self, source: Source) -> None:
        removed = _known(await self._store.remove(source.chatbot_id, source.id, now_ms(self._clock)))
        await self._keeper.settle([removed.version])

    async def _remove_all(self, chatbot_id: str) -> Removed:
        removed = await self._stores.unsettled.remove_all(chatbot_id, now_ms(self._clock))
        await self._keeper.settle(removed.versions)
        return removed

    def status(self, source: Standing) -> SourceStatus:
        """The state that a source is shown in."""
        if not source.has_content and source.is_refused:
            return SourceStatus.FAILED
        if not source.has_content and source.is_worked_on is not None:
            return SourceStatus.INDEXING if source.is_worked_on else SourceStatus.WAITING
        if not source.enabled:
            return SourceStatus.DISABLED
        if self._keeper.refusal(source.version):
            return SourceStatus.FAILED
        return SourceStatus.INDEXING if self._keeper.is_missing(source.version) else SourceStatus.READY

    def error(self, source: Source) -> str:
        """The cause why the content or its passages were refused; empty: they were not."""
        return source.error or self._keeper.refusal(source.version)


def _known(source: Source | None) -> Source:
    if source is None:
        raise refusal(Text.NOT_FOUND, thing="source")
    return source
