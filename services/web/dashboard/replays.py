"""A question that was asked again, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatmount.chat.v1 import replay_pb2

from services.web.dashboard.answer_reasons import Passage
from services.web.dashboard.source_links import Link
from services.web.dashboard.turns import Turn

WORDS = {
    replay_pb2.REPLAY_DIFFERENCE_ANSWER: "the answer",
    replay_pb2.REPLAY_DIFFERENCE_SOURCES: "its sources",
    replay_pb2.REPLAY_DIFFERENCE_PASSAGES: "what is found",
    replay_pb2.REPLAY_DIFFERENCE_MAKER: "who makes the answer",
    replay_pb2.REPLAY_DIFFERENCE_PAIR: "the question-and-answer pair",
    replay_pb2.REPLAY_DIFFERENCE_MODEL: "the model",
    replay_pb2.REPLAY_DIFFERENCE_PROMPT: "the prompt",
    replay_pb2.REPLAY_DIFFERENCE_THRESHOLD: "the threshold",
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """Both answers, and what is different.

    `facts`: a name, and its value then and now, "" where there is none.
    """

    then: Turn
    now: Turn
    is_changed: bool
    differences: Sequence[str]
    causes: Sequence[Link]
    passages_in: Sequence[Passage]
    passages_out: Sequence[Passage]
    facts: Sequence[tuple[str, str, str]]

    @classmethod
    def of(cls, got: replay_pb2.ReplayResponse) -> "Replayed":
        """From the message."""
        then, now = Turn.traced(got.then), Turn.traced(got.now)
        return cls(
            then,
            now,
            got.changed,
            [WORDS[each] for each in got.differences],
            [replace(Link.to(cause.url), text=cause.title) for cause in got.causes],
            [Passage.of(passage) for passage in got.passages_in],
            [Passage.of(passage) for passage in got.passages_out],
            _facts(then, now),
        )


def _facts(then: Turn, now: Turn) -> list[tuple[str, str, str]]:
    before = dict(then.reason.facts) if then.reason else {}
    after = dict(now.reason.facts) if now.reason else {}
    return [(name, before.get(name, ""), after.get(name, "")) for name in before | after]
