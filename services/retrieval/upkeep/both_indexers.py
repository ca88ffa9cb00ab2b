"""Indexing into the edition that is being built and into the one that serves meanwhile."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from services.errors import ChatmountError
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.index.indexer import Indexer, Progress, unheard
from services.retrieval.records import Passage
from services.retrieval.upkeep.changeover import Changeover
from services.retrieval.upkeep.edition import Edition

logger = logging.getLogger(__name__)


class BothIndexers:
    """The indexer of all editions at once. See Indexer."""

    def __init__(self, changeover: Changeover) -> None:
        self._changeover = changeover

    async def add_passages(
        self, chatbot_id: str, version: str, title: str, passages: Sequence[Passage], progress: Progress = unheard
    ) -> None:
        """See Indexer."""
        with self._changeover.filled() as (wanted, earlier):
            await wanted.indexer.add_passages(chatbot_id, version, title, passages, progress)
            await _also(earlier, lambda one: one.add_passages(chatbot_id, version, title, passages))

    async def add_question(self, chatbot_id: str, pair_id: str, question: str) -> None:
        """See Indexer."""
        with self._changeover.filled() as (wanted, earlier):
            await wanted.indexer.add_question(chatbot_id, pair_id, question)
            await _also(earlier, lambda one: one.add_question(chatbot_id, pair_id, question))


async def _also(earlier: Edition | None, add: Callable[[Indexer], Awaitable[None]]) -> None:
    if earlier is None:
        return
    try:
        try:
            await add(earlier.indexer)
        except EmbedderUnavailable:
            await add(earlier.makeshift)
    except ChatmountError as error:
        # The wanted edition has it. Another process may have dropped the earlier one.
        logger.warning("the earlier index does not follow any more: %s", error.__cause__ or error)
