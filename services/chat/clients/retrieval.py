"""The search for passages, reached through Retrieval's stub."""

from functools import lru_cache

from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.chat.clients.downstream import Patience, ask, refusal_for_the_user
from services.chat.passages import Pair, Passage, SearchResult, Sentence, Source
from services.errors import ChatmountError

# A search that hung is not begun again: its caller would not wait for its end.
SEARCH = Patience(deadline=10.0, total=2.0)
PASSAGES = 8
MAXIMUM_PREVIOUS_QUESTIONS = 20
RESULTS = 64
"""That were read and are remembered: 2 MB."""


class RetrievalClient:
    """The sources of the chatbot of the call being served."""

    def __init__(self, stub: "retrieval_pb2_grpc.RetrievalServiceAsyncStub", *, patience: Patience = SEARCH) -> None:
        self._stub = stub
        self._patience = patience

    async def search(self, question: str, previous_questions: tuple[str, ...]) -> SearchResult:
        """Passages and pair for a question.

        `previous_questions` are oldest first. `ChatmountError` when the search is down.
        """
        request = retrieval_pb2.SearchRequest(
            query=question,
            previous_user_turns=previous_questions[-MAXIMUM_PREVIOUS_QUESTIONS:],
            limit=PASSAGES,
            include_sentences=True,
        )
        try:
            response: retrieval_pb2.SearchResponse = await ask(self._stub.Search, request, self._patience)
        except ChatmountError as error:
            raise refusal_for_the_user(error) from error
        return _result_in(response.SerializeToString())


def search_result(response: retrieval_pb2.SearchResponse) -> SearchResult:
    """What a response of Search says, in Chat's words."""
    return SearchResult(
        passages=tuple(map(_passage, response.passages)),
        pair=_pair(response.qa_match) if response.HasField("qa_match") else None,
        language=response.language,
    )


@lru_cache(RESULTS)
def _result_in(content: bytes) -> SearchResult:
    """The result in a response, read once for all questions that find the same."""
    return search_result(retrieval_pb2.SearchResponse.FromString(content))


def _passage(passage: retrieval_pb2.Passage) -> Passage:
    sentences = [
        Sentence(one.text, one.lexical, one.vector if one.HasField("vector") else None) for one in passage.sentences
    ]
    scores = passage.scores
    return Passage(
        source=Source(passage.url, passage.title),
        text=passage.text,
        fused=scores.fused,
        cosine=scores.sentence if scores.HasField("sentence") else None,
        sentences=tuple(sentences),
        headings=tuple(passage.headings),
        id=passage.id,
        source_id=passage.source_id,
        lexical=scores.lexical if scores.HasField("lexical") else None,
        vector=scores.vector if scores.HasField("vector") else None,
    )


def _pair(match: retrieval_pb2.QaMatch) -> Pair:
    pair = match.pair
    source = Source(pair.url, pair.title or pair.question) if pair.url else None
    return Pair(pair.answer, source, pair.id, match.similarity)
