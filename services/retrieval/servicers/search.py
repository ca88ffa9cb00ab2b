"""RetrievalService."""

from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2 as pb
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.retrieval.search.result_memory import Reply, ResultMemory
from services.retrieval.search.results import QaMatch, RankedPassage
from services.retrieval.search.search import Search
from services.retrieval.servicers.pairs import pair_message
from services.retrieval.text.languages import ChatbotLanguage
from services.retrieval.upkeep.language_change import LanguageChange
from services.rpc.messages import to_message
from services.trust.principal import current_principal


class SearchServicer(retrieval_pb2_grpc.RetrievalServiceServicer):
    """Search, within the chatbot of the caller's token. `memory` None: every search is made."""

    def __init__(self, search: Search, language_change: LanguageChange, memory: ResultMemory | None) -> None:
        self._search = search
        self._language_change = language_change
        self._memory = memory

    async def Search(self, request: pb.SearchRequest, context: Any) -> pb.SearchResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        if self._memory is None:
            return (await self._find(chatbot_id, request))[0]

        async def search() -> Reply:
            response, lasts = await self._find(chatbot_id, request)
            return Reply(response.SerializeToString(), lasts)

        return pb.SearchResponse.FromString(await self._memory.reply(chatbot_id, request.SerializeToString(), search))

    async def _find(self, chatbot_id: str, request: pb.SearchRequest) -> tuple[pb.SearchResponse, bool]:
        result = await self._search.find(
            chatbot_id,
            request.query,
            request.previous_user_turns,
            request.limit,
            include_sentences=request.include_sentences,
        )
        match = None if result.qa_match is None else _qa_match(result.qa_match)
        response = pb.SearchResponse(qa_match=match, language=result.language)
        for ranked in result.passages:
            _add_passage(response, ranked)
        return response, result.lasts

    async def GetSettings(self, request: pb.GetSettingsRequest, context: Any) -> pb.GetSettingsResponse:
        """See the proto."""
        language = await self._language_change.language_of(current_principal().chatbot_id)
        return pb.GetSettingsResponse(settings=_settings(language))

    async def UpdateSettings(self, request: pb.UpdateSettingsRequest, context: Any) -> pb.UpdateSettingsResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        if request.HasField("language"):
            language = await self._language_change.choose(chatbot_id, request.language)
        else:
            language = await self._language_change.language_of(chatbot_id)
        return pb.UpdateSettingsResponse(settings=_settings(language))


_settings = to_message(ChatbotLanguage, pb.Settings)
_qa_match = to_message(QaMatch, pb.QaMatch, pair=lambda match: pair_message(match.pair))


def _add_passage(response: pb.SearchResponse, ranked: RankedPassage) -> None:
    # In place and field by field, unlike elsewhere: a search writes eight passages with fifty sentences, and a message
    # that becomes part of another is copied.
    found = ranked.found
    passage = response.passages.add(
        id=found.passage.id,
        source_id=found.source_id,
        url=found.url,
        title=found.title,
        headings=found.passage.headings,
        text=found.passage.text,
        scores=pb.Scores(fused=ranked.fused, lexical=ranked.lexical, vector=ranked.vector, sentence=ranked.sentence),
    )
    for one in ranked.sentences:
        passage.sentences.add(text=one.text, vector=one.vector, lexical=one.lexical)
