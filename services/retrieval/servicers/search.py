"""RetrievalService."""

import asyncio
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.errors import invalid
from services.retrieval.metrics import SEARCH_SECONDS
from services.retrieval.search.qa_pairs import QaPairs
from services.retrieval.search.results import RankedPassage, ScoredSentence
from services.retrieval.servicers.pairs import pair_message
from services.retrieval.store.languages import LanguageStore
from services.retrieval.text.languages import ChatbotLanguage, checked_language
from services.retrieval.upkeep.changeover import Changeover
from services.retrieval.upkeep.language_change import Rewording
from services.trust.principal import current_principal

MAXIMUM_QUERY_LENGTH = 2000
MAXIMUM_PREVIOUS_TURNS = 20
DEFAULT_LIMIT = 8
MAXIMUM_LIMIT = 50


class SearchServicer(retrieval_pb2_grpc.RetrievalServiceServicer):
    """Search, within the chatbot of the caller's token."""

    def __init__(
        self, changeover: Changeover, qa_pairs: QaPairs, languages: LanguageStore, rewording: Rewording
    ) -> None:
        self._changeover = changeover
        self._qa_pairs = qa_pairs
        self._languages = languages
        self._rewording = rewording

    async def Search(self, request: retrieval_pb2.SearchRequest, context: Any) -> retrieval_pb2.SearchResponse:
        """See the proto."""
        query = request.query.strip()
        if not query or len(request.query) > MAXIMUM_QUERY_LENGTH:
            raise invalid(f"query must be between 1 and {MAXIMUM_QUERY_LENGTH} characters.")
        if not 0 <= request.limit <= MAXIMUM_LIMIT:
            raise invalid(f"limit must be between 1 and {MAXIMUM_LIMIT}, or 0 for {DEFAULT_LIMIT}.")
        chatbot_id = current_principal().chatbot_id
        limit = request.limit or DEFAULT_LIMIT
        turns = [turn.strip() for turn in request.previous_user_turns[-MAXIMUM_PREVIOUS_TURNS:] if turn.strip()]
        with SEARCH_SECONDS.time(), self._changeover.serving() as retriever:
            language = (await self._languages.of(chatbot_id)).language
            # What needs no vector is done while the embedder is at work.
            question, match = await asyncio.gather(
                retriever.question(
                    chatbot_id, query, turns, language, limit=limit, include_sentences=request.include_sentences
                ),
                self._qa_pairs.worded_alike(chatbot_id, query),
            )
            searching = retriever.search(chatbot_id, question, limit, include_sentences=request.include_sentences)
            if match is None:
                close = self._qa_pairs.close_in_meaning(retriever.index, chatbot_id, question.vector, retriever.scale)
                passages, match = await asyncio.gather(searching, close)
            else:
                passages = await searching
        response = retrieval_pb2.SearchResponse(passages=map(_passage, passages))
        if match is not None:
            qa_match = retrieval_pb2.QaMatch(pair=pair_message(match.pair), similarity=match.similarity)
            response.qa_match.CopyFrom(qa_match)
        return response

    async def GetSettings(
        self, request: retrieval_pb2.GetSettingsRequest, context: Any
    ) -> retrieval_pb2.GetSettingsResponse:
        """See the proto."""
        language = await self._languages.of(current_principal().chatbot_id)
        return retrieval_pb2.GetSettingsResponse(settings=_settings(language))

    async def UpdateSettings(
        self, request: retrieval_pb2.UpdateSettingsRequest, context: Any
    ) -> retrieval_pb2.UpdateSettingsResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        if request.HasField("language"):
            language = await self._rewording.choose(chatbot_id, checked_language(request.language))
        else:
            language = await self._languages.of(chatbot_id)
        return retrieval_pb2.UpdateSettingsResponse(settings=_settings(language))


def _settings(language: ChatbotLanguage) -> retrieval_pb2.Settings:
    return retrieval_pb2.Settings(language=language.language, next_language=language.next_language)


def _passage(ranked: RankedPassage) -> retrieval_pb2.Passage:
    found = ranked.found
    scores = retrieval_pb2.Scores(
        fused=ranked.fused, lexical=ranked.lexical, vector=ranked.vector, sentence=ranked.sentence
    )
    return retrieval_pb2.Passage(
        id=found.passage.id,
        source_id=found.source_id,
        url=found.url,
        title=found.title,
        headings=found.passage.headings,
        text=found.passage.text,
        scores=scores,
        sentences=map(_sentence, ranked.sentences),
    )


def _sentence(scored: ScoredSentence) -> retrieval_pb2.Sentence:
    return retrieval_pb2.Sentence(text=scored.text, vector=scored.vector, lexical=scored.lexical)
