"""Puts what is added into the index that is being built and into the one that serves meanwhile."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from services.errors import ChatmountError
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.indexer import Indexer, Progress, unheard
from services.retrieval.records import Passage
from services.retrieval.upkeep.changeover import Changeover
from services.retrieval.upkeep.edition_indexer import Serving

logger = logging.getLogger(__name__)


class BothIndexers(Indexer):
    """Puts passages and questions into every edition that there is."""

    def __init__(self, changeover: Changeover, wanted: Indexer) -> None:
        self._changeover = changeover
        self._wanted = wanted

    @property
    def has_vectors(self) -> bool:
        """See Indexer; of the wanted edition."""
        return self._wanted.has_vectors

    async def add_passages(
        self, chatbot_id: str, version: str, title: str, passages: Sequence[Passage], progress: Progress = unheard
    ) -> None:
        """See Indexer."""
        with self._changeover.filling() as (wanted, *earlier):
            await wanted.indexer.add_passages(chatbot_id, version, title, passages, progress)
            for one in earlier:
                await _also(one, lambda indexer: indexer.add_passages(chatbot_id, version, title, passages))

    async def add_question(self, chatbot_id: str, pair_id: str, question: str) -> None:
        """See Indexer."""
        with self._changeover.filling() as (wanted, *earlier):
            await wanted.indexer.add_question(chatbot_id, pair_id, question)
            for one in earlier:
                await _also(one, lambda indexer: indexer.add_question(chatbot_id, pair_id, question))


async def _also(earlier: Serving, add: Callable[[Indexer], Awaitable[None]]) -> None:
    try:
        try:
            await add(earlier.indexer)
        except EmbedderUnavailable:
            await add(earlier.makeshift)
    except ChatmountError as error:
        # The wanted edition has it. Another process may have dropped the earlier one.
        logger.warning("the earlier index does not follow any more: %s", error.__cause__ or error)
