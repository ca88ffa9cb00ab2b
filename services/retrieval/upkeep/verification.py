"""Comparing the index with the store, entry by entry, and repairing it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from services.clock import Clock, now_ms
from services.errors import Text
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.index.index import Index
from services.retrieval.index.schema import MAIN_SPACE, space_of
from services.retrieval.store.stores import Stores
from services.retrieval.upkeep.faults import UNWANTED, Fault, find_faults
from services.retrieval.upkeep.keeper import Keeper
from services.retrieval.upkeep.notes import GRACE_MS


@dataclass(frozen=True, slots=True)
class Report:
    """A chatbot's part of the index.

    `under_way`: entries that are being indexed, so nothing is said of them.
    """

    chatbot_id: str
    stored: int
    indexed: int
    under_way: int
    faults: list[Fault]
    repaired: int = 0


class Verification:
    """Looks at one chatbot after the other, also while sources are added and removed.

    `index` is the edition that is to have everything, `embedders` make its vectors.
    """

    def __init__(self, index: Index, embedders: Embedders, stores: Stores, keeper: Keeper, clock: Clock) -> None:
        self._index = index
        self._embedders = embedders
        self._stores = stores
        self._keeper = keeper
        self._clock = clock

    async def verify(self, chatbot_id: str, *, repair: bool) -> AsyncIterator[Report]:
        """A report on the chatbot, or on all that are in the store or the index when it is empty.

        `repair`: what is wrong is put right, and looked at again. WRONG_STATE or UNAVAILABLE for what the embedder
        does not take.
        """
        every = (
            [chatbot_id]
            if chatbot_id
            else sorted(await self._stores.contents.chatbots() | await self._index.chatbots())
        )
        for one in every:
            report = await self._report(one)
            if repair and report.faults:
                await self._repair(report)
                left = await self._report(one)
                report = replace(left, repaired=max(0, len(report.faults) - len(left.faults)))
            yield report

    async def _report(self, chatbot_id: str) -> Report:
        # A change that is just being made is no fault: what is wrong has to be so twice.
        first = await self._look(chatbot_id)
        if not first.faults:
            return first
        second = await self._look(chatbot_id)
        seen = {(fault.entry_id, fault.kind) for fault in first.faults}
        return replace(second, faults=[fault for fault in second.faults if (fault.entry_id, fault.kind) in seen])

    async def _repair(self, report: Report) -> None:
        # Searches may miss for a moment what is indexed again.
        unwanted = [fault.entry_id for fault in report.faults if fault.kind in UNWANTED]
        if unwanted:
            await self._index.remove_entries(report.chatbot_id, unwanted)
        try:
            await self._keeper.index_again({fault.version for fault in report.faults})
        except EmbedderUnavailable as error:
            raise error.as_refusal(Text.EMBEDDING_UNAVAILABLE) from error

    async def _look(self, chatbot_id: str) -> Report:
        # In this order: what is removed meanwhile is in neither, and what is added has its note, or is in both.
        chosen = await self._stores.languages.of(chatbot_id)
        embedder = self._embedders.at_hand(chosen.language, chosen.embedder)
        space = space_of(chosen.embedder) if embedder is not None else MAIN_SPACE
        indexed = await self._index.entries(chatbot_id, space)
        noted = set(await self._stores.unsettled.unsettled())
        # An old note is of a change that broke off.
        noted -= set(await self._stores.unsettled.unsettled(now_ms(self._clock) - GRACE_MS))
        stored = await self._stores.contents.entries(chatbot_id)
        unknown = {entry.version for one, entry in indexed.items() if one not in stored}
        others = {
            one.version for one in (await self._stores.unsettled.live(unknown)).values() if one.chatbot_id != chatbot_id
        }
        # What waits for another embedder than the main one is not held against its questions.
        has_vectors = embedder is not None or (self._embedders.main is not None and not chosen.embedder)
        faults = find_faults(stored, indexed, others, has_vectors=has_vectors, has_passage_vectors=embedder is not None)

        def is_waiting(version: str) -> bool:
            return version in noted or self._keeper.is_waiting(version)

        return Report(
            chatbot_id,
            len(stored),
            len(indexed),
            sum(is_waiting(entry.version) for entry in stored.values()),
            [fault for fault in faults if not is_waiting(fault.version)],
        )
