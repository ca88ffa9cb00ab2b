"""Questions without an answer as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatmount.chat.v1 import chat_pb2 as pb

from services.web.dashboard.conversations import address_of


@dataclass(frozen=True, slots=True)
class State:
    """What was decided on a question.

    `kind`: that of its badge. `none`: what a list without questions says.
    """

    name: str
    label: str
    kind: str
    none: str
    value: pb.ReviewState.ValueType


STATES = (
    State("open", "Open", "busy", "No question is open.", pb.REVIEW_STATE_OPEN),
    State("answered", "Answered", "good", "No question was answered yet.", pb.REVIEW_STATE_ANSWERED),
    State("not-ours", "Not ours", "plain", "No question was called not ours.", pb.REVIEW_STATE_NOT_OURS),
)
BY_NAME = {state.name: state for state in STATES}
_BY_VALUE = {state.value: state for state in STATES}


@dataclass(frozen=True, slots=True)
class Question:
    """A question in all of its wordings, the newest apart. `last_asked_at`: Unix seconds.

    `conversation`: the address of the one in which it was asked last.
    """

    id: str
    question: str
    other_wordings: Sequence[str]
    times: int
    last_asked_at: float
    conversation: str
    state: State

    @classmethod
    def of(cls, question: pb.UnansweredQuestion) -> "Question":
        """From the message."""
        return cls(
            question.id,
            question.question,
            tuple(question.other_wordings),
            question.times,
            question.last_asked_at_ms / 1000,
            address_of(question.session_id),
            _BY_VALUE[question.state],
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list of them."""

    questions: Sequence[Question]
    next_token: str
