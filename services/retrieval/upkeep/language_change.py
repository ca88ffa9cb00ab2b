"""Has the words of sources follow the language of their chatbot.

While a chatbot is on its way from one language to another, its sources are indexed by both, side by side: words of
different languages have nothing in common, so searches see the words of the present one alone. When every source has
followed, the next language becomes the present one in one step, and the words of the earlier one are taken out again.
"""

import asyncio
import logging

from services.clock import Clock, now_ms
from services.retrieval.embedders.embedder import EmbedderRefused
from services.retrieval.index.indexer import SLAB, Indexer
from services.retrieval.metrics import INDEX_FAULTS
from services.retrieval.records import Passage
from services.retrieval.store.stores import Stores
from services.retrieval.text.languages import ChatbotLanguage, checked_language
from services.retrieval.upkeep.keeper import Keeper
from services.tasks import wait_at_most

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""Time between looks for what another replica left undone, or added with an earlier choice."""

RETRY_SECONDS = 10.0
_AT_A_TIME = 100


class LanguageChange:
    """Indexes sources again whose words are indexed by other languages than they should be."""

    def __init__(self, stores: Stores, indexer: Indexer, keeper: Keeper, clock: Clock) -> None:
        self._stores = stores
        self._languages = stores.languages
        self._indexer = indexer
        self._keeper = keeper
        self._clock = clock
        self._chosen = asyncio.Event()
        self.language_of = stores.languages.of

    async def choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        """Set the chatbot on its way to a language; it is there at once if it has no sources.

        INVALID_FIELD.
        """
        chosen = await self._languages.choose(chatbot_id, checked_language(language))
        self._chosen.set()
        return chosen

    async def run(self) -> None:
        """Have sources follow until it is cancelled."""
        pause = 0.0
        while True:
            await wait_at_most(pause, self._chosen)
            self._chosen.clear()
            try:
                await self.follow()
                pause = LOOK_SECONDS
            except Exception as error:  # what is indexed serves on, and this is tried again
                INDEX_FAULTS.inc()
                logger.warning("indexing in another language is tried again: %s", error.__cause__ or error)
                pause = RETRY_SECONDS

    async def follow(self) -> None:
        """Have everything follow that is behind. EmbedderUnavailable, or UNAVAILABLE."""
        while await self._round():
            pass
        await self._languages.sweep()

    async def _round(self) -> bool:
        behind = await self._languages.behind(_AT_A_TIME)
        refusal: EmbedderRefused | None = None
        for chatbot_id, version in behind:
            try:
                await self._index_again(chatbot_id, version)
            except EmbedderRefused as error:
                if not error.for_its_texts:
                    raise
                # It may be for the texts of this one alone: the others follow all the same.
                refusal = error
        changed = False
        for chatbot_id in await self._languages.changing():
            one = await self._languages.change_over(chatbot_id)
            if not one.next_language:
                logger.info("the chatbot %s is searched in %s now", chatbot_id, one.language)
                changed = True
        if refusal is not None:
            raise refusal
        return changed or bool(behind)

    async def _index_again(self, chatbot_id: str, version: str) -> None:
        passages: list[Passage] = []
        title = ""
        while found := await self._stores.sources.of_version(version, passages[-1].place if passages else -1, SLAB):
            passages += [entry.passage for entry in found]
            title = found[0].title
        # Noted before, so that after a break-off here the index is brought in line with the store.
        await self._stores.unsettled.note(version, now_ms(self._clock))
        await self._indexer.add_passages(chatbot_id, version, title, passages)
        await self._keeper.settle([version])
