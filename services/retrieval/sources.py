"""Sources: looking them up, switching them, removing them. What is removed or off is never found again."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from services.clock import Clock
from services.errors import Text, invalid, refusal
from services.retrieval.origin import may_be_id
from services.retrieval.records import Removed, Source
from services.retrieval.store.ingests import IngestStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.keeper import Keeper

MAXIMUM_WATCHED = 1000
WATCHED_AT_WORK = 100
WATCH_SECONDS = 0.25


class Sources:
    """The sources of chatbots. The store's transaction takes effect; the index follows before a call returns."""

    def __init__(
        self, store: SourceStore, ingests: IngestStore, unsettled: UnsettledStore, keeper: Keeper, clock: Clock
    ) -> None:
        self._store = store
        self._ingests = ingests
        self._unsettled = unsettled
        self._keeper = keeper
        self._clock = clock

    async def get(self, chatbot_id: str, source_id: str) -> Source:
        """NOT_FOUND for an id that is not the chatbot's."""
        return _found(await self._store.get(chatbot_id, source_id) if may_be_id(source_id) else None)

    async def page(self, chatbot_id: str, after: int, limit: int) -> list[Source]:
        """Sources in the order in which they came, from the one behind position `after`."""
        return await self._store.page(chatbot_id, after, limit)

    async def set_enabled(self, chatbot_id: str, source_id: str, enabled: bool) -> Source:
        """Switches a source on or off. NOT_FOUND for an id that is not the chatbot's."""
        source = await self.get(chatbot_id, source_id)
        if source.enabled == enabled:
            return source
        switched = _found(await self._store.set_enabled(chatbot_id, source_id, enabled, self._now_ms()))
        await self._keeper.settle([switched.version])
        return switched

    async def remove(self, chatbot_id: str, source_id: str) -> None:
        """Removes a source and its passages. NOT_FOUND for an id that is not the chatbot's."""
        source = await self.get(chatbot_id, source_id)
        removed = _found(await self._store.remove(chatbot_id, source.id, self._now_ms()))
        await self._keeper.settle([removed.version])

    async def remove_all(self, chatbot_id: str) -> Removed:
        """Removes everything that belongs to the chatbot."""
        removed = await self._unsettled.remove_all(chatbot_id, self._now_ms())
        await self._keeper.settle(removed.versions)
        return removed

    async def watch(self, chatbot_id: str, source_ids: Sequence[str]) -> AsyncIterator[tuple[int, list[Source]]]:
        """How many sources have content under way, and those that are worked on: now, and whenever it changes, until
        there are none. INVALID_FIELD for too many ids; what is no id of the chatbot's is under way no more."""
        if len(source_ids) > MAXIMUM_WATCHED:
            raise invalid(f"source_ids must be at most {MAXIMUM_WATCHED}.")
        chosen = [one for one in source_ids if may_be_id(one)]
        before = None
        while not source_ids or chosen:
            now = await self._ingests.left(chatbot_id, chosen, WATCHED_AT_WORK)
            if now != before:
                yield now
            if not now[0]:
                return
            before = now
            await asyncio.sleep(WATCH_SECONDS)

    def is_indexing(self, source: Source) -> bool:
        """Whether the source's passages are still on their way into the index."""
        return self._keeper.is_missing(source.version)

    def refusal(self, source: Source) -> str:
        """Why the passages of a source that should be in the index can't come into it; empty while they may."""
        return self._keeper.refusal(source.version)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _found(source: Source | None) -> Source:
    if source is None:
        raise refusal(Text.NOT_FOUND, thing="source")
    return source
