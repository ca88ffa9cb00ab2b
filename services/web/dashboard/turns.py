"""Questions with their answers, as the playground shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatmount.chat.v1 import chat_pb2 as pb

from services.ratings import name_of
from services.request_id import NO_REQUEST_ID
from services.web.dashboard.answer_reasons import Reason
from services.web.dashboard.source_links import Link


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and its answer as far as there is one.

    `request_id` is empty for one that nothing else is known of. `reason` None: it is shown when it is asked for. `at`:
    when it ended, in Unix seconds. `rating`: the visitor's, `up` or `down`; "" for none.
    """

    request_id: str
    question: str
    answer: str = ""
    sources: Sequence[Link] = ()
    error: str = ""
    is_broken_off: bool = False
    reason: Reason | None = None
    at: float | None = None
    rating: str = ""
    comment: str = ""

    @classmethod
    def of(cls, turn: pb.Turn) -> "Turn":
        """From a turn of a conversation."""
        sources = tuple(map(Link.to, turn.source_urls))
        return cls(
            "" if turn.request_id == NO_REQUEST_ID else turn.request_id,
            turn.question,
            turn.answer,
            sources,
            is_broken_off=turn.broken_off,
            at=turn.created_at_ms / 1000,
            rating=name_of(turn.rating),
            comment=turn.rating_comment,
        )

    @classmethod
    def traced(cls, got: pb.GetTraceResponse) -> "Turn":
        """From all that is known of one request."""
        turn = cls.of(got.turn)
        if not got.HasField("trace"):
            return turn
        titles = {passage.url: passage.title for passage in got.trace.passages}
        sources = [replace(Link.to(url), text=titles.get(url) or Link.to(url).text) for url in got.turn.source_urls]
        return replace(turn, sources=sources, reason=Reason.of(got.trace))
