"""What is found for a question now: the pair that answers it, or the best passages."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.web.dashboard.answer_reasons import Passage, scores_of
from services.web.dashboard.pairs import Pair
from services.web.dashboard.source_links import Link
from services.web.dashboard.visit import Visit

SHOWN_PASSAGES = 5
EXCERPT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Found:
    """`pair` None: no pair means the same as the question, or several do."""

    pair: Pair | None
    similarity: float
    passages: Sequence[Passage]

    @classmethod
    def of(cls, found: pb.SearchResponse) -> "Found":
        """From the message."""
        pair = Pair.of(found.qa_match.pair) if found.HasField("qa_match") else None
        return cls(pair, found.qa_match.similarity, [_passage(passage) for passage in found.passages])


async def find(visit: Visit, question: str) -> Found:
    """As the question is asked on its own, without a conversation."""
    request = pb.SearchRequest(query=question, limit=SHOWN_PASSAGES)
    return Found.of(await visit.call(visit.services.retrieval.Search, request))


def _passage(passage: pb.Passage) -> Passage:
    excerpt = passage.text[:EXCERPT_LENGTH] + ("…" if len(passage.text) > EXCERPT_LENGTH else "")
    scores = tuple(scores_of(passage.scores))
    return Passage(passage.title, Link.to(passage.url), excerpt, scores, is_told=False, is_cited=False)
