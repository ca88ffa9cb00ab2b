"""Questions that got the fallback text: wordings that are alike, and decisions on them."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

# Punctuation that makes another question: C# and C, 5 % and 5.
_MEANT = frozenset("#%&@")
# No two of them will ever meet.
_ID_DIGITS = 24


class ReviewState(IntEnum):
    """What was decided on a question. The least of its wordings' states is the question's."""

    OPEN = 1
    ANSWERED = 2
    NOT_OURS = 3


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question in all of its wordings; `question` is the newest.

    `last_asked_ms` and `session_id` say when and where it was asked last. `decided_by` is empty while it is open.
    """

    id: str
    question: str
    other_wordings: tuple[str, ...]
    times: int
    last_asked_ms: int
    session_id: str
    state: ReviewState
    decided_by: str


def question_id(question: str) -> str:
    """`unq_…`: the same for all wordings that are alike."""
    return f"unq_{hashlib.sha256(normalised(question).encode()).hexdigest()[:_ID_DIGITS]}"


def normalised(question: str) -> str:
    """The question without case, punctuation and spaces: what alike wordings differ in.

    Words stay in their order, and numbers apart: "does A beat B" is not "does B beat A", 1.5 is not 15.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", question).casefold())
    words = "".join(character if _tells(character) else " " for character in folded).split()
    whole = ""
    for word in words:
        whole += f".{word}" if whole[-1:].isdigit() and word[0].isdigit() else word
    # One that has nothing but punctuation is told by it.
    return whole or " ".join(folded.split())


def when_asked_again(state: ReviewState | None) -> ReviewState:
    """The state of a new wording, by that of the question; None for a new question.

    What is not ours stays that. An answer that does not help leaves the question open again.
    """
    return ReviewState.NOT_OURS if state == ReviewState.NOT_OURS else ReviewState.OPEN


def _tells(character: str) -> bool:
    return character in _MEANT or unicodedata.category(character)[0] not in "PZC"
