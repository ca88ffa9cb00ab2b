"""Holding the index against the store, entry by entry, and putting right what is wrong."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from services.clock import Clock
from services.retrieval.index.index import Index
from services.retrieval.store.contents import ContentsStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.comparison import UNWANTED, Fault, compare
from services.retrieval.upkeep.keeper import GRACE_MS, Keeper


@dataclass(frozen=True, slots=True)
class Inspected:
    """A chatbot's part of the index. `under_way`: entries of which nothing is said, for they are being indexed."""

    chatbot_id: str
    stored: int
    indexed: int
    under_way: int
    faults: list[Fault] = field(default_factory=list)


class Inspection:
    """Looks at one chatbot after the other, also while sources are added and removed.

    `index` is the edition that is to have everything. `has_vectors`: whether an embedder is at work; `understands`:
    whether it has vectors for the passages of a chatbot.
    """

    def __init__(
        self,
        index: Index,
        contents: ContentsStore,
        unsettled: UnsettledStore,
        keeper: Keeper,
        clock: Clock,
        *,
        has_vectors: bool,
        understands: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._index = index
        self._contents = contents
        self._unsettled = unsettled
        self._keeper = keeper
        self._clock = clock
        self._has_vectors = has_vectors
        self._understands = understands

    async def chatbots(self) -> list[str]:
        """All that have anything, in the store or in the index."""
        return sorted(await self._contents.chatbots() | await self._index.chatbots())

    async def look(self, chatbot_id: str) -> Inspected:
        """What is wrong. A change that is just being made is no fault: what is wrong has to be so twice."""
        first = await self._look(chatbot_id)
        if not first.faults:
            return first
        second = await self._look(chatbot_id)
        seen = {(fault.entry_id, fault.what) for fault in first.faults}
        faults = [fault for fault in second.faults if (fault.entry_id, fault.what) in seen]
        return Inspected(chatbot_id, second.stored, second.indexed, second.under_way, faults)

    async def repair(self, inspected: Inspected) -> None:
        """Removes what is not the chatbot's, and indexes anew what is. Searches may miss that for a moment.

        Raises EmbedderUnavailable.
        """
        unwanted = [fault.entry_id for fault in inspected.faults if fault.what in UNWANTED]
        if unwanted:
            await self._index.remove_entries(inspected.chatbot_id, unwanted)
        await self._keeper.index_anew({fault.version for fault in inspected.faults})

    async def _look(self, chatbot_id: str) -> Inspected:
        # In this order: what is removed meanwhile is in neither, and what is added has its note, or is in both.
        indexed = await self._index.entries(chatbot_id)
        noted = await self._noted()
        stored = await self._contents.entries(chatbot_id)
        unknown = {entry.version for one, entry in indexed.items() if one not in stored}
        others = {one.version for one in (await self._unsettled.live(unknown)).values() if one.chatbot_id != chatbot_id}
        understood = self._has_vectors and await self._understands(chatbot_id)
        faults = compare(stored, indexed, others, has_vectors=self._has_vectors, has_passage_vectors=understood)
        waiting = {one: self._is_waiting(entry.version, noted) for one, entry in stored.items()}
        return Inspected(
            chatbot_id,
            len(stored),
            len(indexed),
            sum(waiting.values()),
            [fault for fault in faults if not self._is_waiting(fault.version, noted)],
        )

    async def _noted(self) -> set[str]:
        # An old note is of a change that broke off.
        before_ms = int(self._clock() * 1000) - GRACE_MS
        return {*await self._unsettled.unsettled()} - {*await self._unsettled.unsettled(before_ms)}

    def _is_waiting(self, version: str, noted: Collection[str]) -> bool:
        return version in noted or self._keeper.is_waiting(version)
