"""The seam behind which answers are made: from the passages' own sentences, or by a model."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from services.chat.passages import Passage
from services.chat.trace import Trace
from services.languages import DEFAULT


@dataclass(frozen=True, slots=True)
class PastTurn:
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ModelWishes:
    """The model, temperature and tokens that a chatbot wants in place of the settings."""

    model: str = ""
    temperature: float | None = None
    maximum_tokens: int | None = None


NO_WISHES = ModelWishes()


@dataclass(frozen=True, slots=True)
class Question:
    """All that an answerer may know.

    `passages` are numbered from 1 in their order, the best first; there is at least one. `history` is oldest first
    and already cut to the token budget. `instructions` are the operator's, "" when there are none; `fallback` is what
    the chatbot says when it does not know, and `language` the code of its language. `whole`: nobody reads along while
    the answer is made. `trace` is for the answerer to write down how it went about it.
    """

    text: str
    passages: tuple[Passage, ...]
    history: tuple[PastTurn, ...] = ()
    instructions: str = ""
    fallback: str = ""
    language: str = DEFAULT
    chatbot_id: str = ""
    wishes: ModelWishes = NO_WISHES
    whole: bool = False
    trace: Trace = field(default_factory=Trace, compare=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the answer's text, not empty.

    Joined in order, the pieces are the answer.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Citations:
    """The numbers of the passages that the answer rests on, best first."""

    numbers: tuple[int, ...]


class Answerer(Protocol):
    """Makes answers.

    What must hold:
    - Pieces come as soon as they are known; `Citations` comes at most once, after the last piece. None: cites nothing.
    - A failure is raised, before the first piece or midway; a generator that returns has given the whole answer.
      `ChatmountError` tells the caller why, anything else is a fault of ours.
    - Closing the generator, or cancelling the task that awaits it, stops the work at once.
    - No state is kept between questions: any number of them may be answered at the same time.
    """

    def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """Answers one question."""
        ...
