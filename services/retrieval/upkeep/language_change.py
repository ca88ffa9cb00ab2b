"""Has the words and vectors of sources follow the language of their chatbot.

While a chatbot is on its way from one language to another, its sources are indexed by both, side by side: words of
different languages have nothing in common, so searches see the words of the present one alone. When every source has
followed, the next language becomes the present one in one step, and the words of the earlier one are taken out again.
The same goes for the embedder that understands the language: vectors of two lie side by side, each in its space.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from services.clock import Clock, now_ms
from services.retrieval.embedders.embedder import EmbedderRefused
from services.retrieval.embedders.embedders import MAIN, Embedders
from services.retrieval.index.indexer import SLAB, Indexer
from services.retrieval.index.schema import space_of
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


class SpacedIndex(Protocol):
    """The index, as far as it is made ready for another embedder."""

    async def ensure_space(self, space: str, dimension: int) -> None:
        """See Index."""
        ...


class LanguageChange:
    """Indexes sources again whose languages or embedders are not those of their chatbot.


    `needed` is called when a chatbot should have an embedder that is not at hand.
    """

    def __init__(
        self,
        stores: Stores,
        indexer: Indexer,
        keeper: Keeper,
        clock: Clock,
        embedders: Embedders,
        index: SpacedIndex,
        needed: Callable[[], None] = lambda: None,
    ) -> None:
        self._stores = stores
        self._languages = stores.languages
        self._indexer = indexer
        self._keeper = keeper
        self._clock = clock
        self._embedders = embedders
        self._index = index
        self._needed = needed
        self._chosen = asyncio.Event()
        self.language_of = stores.languages.of

    async def choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        """Set the chatbot on its way to a language; it is there at once if it has no sources.

        INVALID_FIELD.
        """
        language = checked_language(language)
        embedder = await self._embedder_for(language) or MAIN
        chosen = await self._languages.choose(chatbot_id, language, embedder, self._embedders.further)
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

    def look(self) -> None:
        """Look at once for what is to follow."""
        self._chosen.set()

    async def follow(self) -> None:
        """Have everything follow that is behind. EmbedderUnavailable, or UNAVAILABLE."""
        await self._choose_embedders()
        while await self._round():
            pass
        await self._languages.sweep()

    async def _choose_embedders(self) -> None:
        """Set chatbots on their way to the embedder that they should have, as far as it is at hand."""
        for chatbot_id, language, embedder in await self._languages.embedders():
            name = await self._embedder_for(language)
            if name is not None and name != embedder:
                await self._languages.choose(chatbot_id, language, name, self._embedders.further)

    async def _embedder_for(self, language: str) -> str | None:
        """The name of the embedder for a language, with room for its vectors.

        None where it is not at hand.
        """
        name = self._embedders.wanted(language)
        one = self._embedders.at_hand(language, name)
        if name == MAIN:
            return MAIN
        if one is None:
            self._needed()
            return None
        await self._index.ensure_space(space_of(name), one.dimension)
        return name

    async def _round(self) -> bool:
        behind = await self._languages.behind(_AT_A_TIME, self._embedders.further)
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
        pairs = await self._stores.qa_pairs.find(chatbot_id, [version])
        for pair in pairs.values():
            await self._indexer.add_question(chatbot_id, pair.id, pair.question)
        if pairs:
            return
        passages: list[Passage] = []
        title = ""
        while found := await self._stores.sources.of_version(version, passages[-1].place if passages else -1, SLAB):
            passages += [entry.passage for entry in found]
            title = found[0].title
        # Noted before, so that after a break-off here the index is brought in line with the store.
        await self._stores.unsettled.note(version, now_ms(self._clock))
        await self._indexer.add_passages(chatbot_id, version, title, passages)
        await self._keeper.settle([version])
