"""One search: language, question, fixed answer and passages, as concurrently as can be."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from services.contract import MAXIMUM_MESSAGE_LENGTH
from services.errors import invalid
from services.retrieval.metrics import SEARCH_SECONDS
from services.retrieval.search.qa_pairs import QaPairs
from services.retrieval.search.results import SearchResult
from services.retrieval.search.retriever import Retriever
from services.retrieval.store.languages import LanguageStore

# What Chat searches for is a whole question.
MAXIMUM_QUERY_LENGTH = MAXIMUM_MESSAGE_LENGTH
MAXIMUM_PREVIOUS_TURNS = 20
DEFAULT_LIMIT = 8
MAXIMUM_LIMIT = 50


class Search:
    """Searches a chatbot. `serving` holds the retriever that serves, for one search."""

    def __init__(
        self, serving: Callable[[], AbstractContextManager[Retriever]], qa_pairs: QaPairs, languages: LanguageStore
    ) -> None:
        self._serving = serving
        self._qa_pairs = qa_pairs
        self._languages = languages

    async def find(
        self, chatbot_id: str, query: str, previous_turns: Sequence[str], limit: int, *, include_sentences: bool
    ) -> SearchResult:
        """The best passages, and the pair that the query asks for. `limit` 0: the default.

        INVALID_FIELD.
        """
        if not query.strip() or len(query) > MAXIMUM_QUERY_LENGTH:
            raise invalid(f"query must be between 1 and {MAXIMUM_QUERY_LENGTH} characters.")
        if not 0 <= limit <= MAXIMUM_LIMIT:
            raise invalid(f"limit must be between 1 and {MAXIMUM_LIMIT}, or 0 for {DEFAULT_LIMIT}.")
        query, limit = query.strip(), limit or DEFAULT_LIMIT
        turns = [turn.strip() for turn in previous_turns[-MAXIMUM_PREVIOUS_TURNS:] if turn.strip()]
        with SEARCH_SECONDS.time(), self._serving() as retriever:
            chosen = await self._languages.of(chatbot_id)
            # What needs no vector is done while the embedder is at work.
            question, match = await asyncio.gather(
                retriever.question(chatbot_id, query, turns, chosen, limit=limit, include_sentences=include_sentences),
                self._qa_pairs.worded_alike(chatbot_id, query),
            )
            searching = retriever.search(chatbot_id, question, limit, include_sentences=include_sentences)
            lasts = not question.is_makeshift
            if match is not None:
                return SearchResult(await searching, match, lasts, chosen.language)
            close = self._qa_pairs.close_in_meaning(retriever.index, chatbot_id, question.forms[0], question.scale)
            return SearchResult(*await asyncio.gather(searching, close), lasts, chosen.language)
