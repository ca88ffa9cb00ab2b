"""Question-and-answer pairs as pages show them, and forms that make one."""

from dataclasses import dataclass

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import seen_of
from services.web.dashboard.source_links import Link
from services.web.dashboard.visit import Visit

FIELDS = ("question", "answer", "url", "title")


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with the answer to give."""

    id: str
    question: str
    answer: str
    place: Link
    title: str
    created_at: int

    @classmethod
    def of(cls, pair: pb.QaPair) -> "Pair":
        """From the message."""
        return cls(pair.id, pair.question, pair.answer, Link.to(pair.url), pair.title, pair.created_at)


def pair_form(pair: pb.QaPair) -> Form:
    """The form of a pair as it is."""
    return Form.of(**{name: getattr(pair, name) for name in FIELDS}, seen=seen_of(pair))


async def put_pair(visit: Visit, form: Form) -> pb.QaPair:
    """The pair of a form. Of a question that is there already, the answer is replaced."""
    request = pb.AddQaPairRequest(**{name: form.get(name) for name in FIELDS})
    return (await visit.call(visit.services.pairs.AddQaPair, request)).qa_pair
