"""The parts that an answer leaves in: pieces of its text, its sources, its end."""

from dataclasses import dataclass

from services.chat.answerers.answerer import Piece
from services.chat.passages import Source
from services.chat.reservation import CreditUsage


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that an answer rests on, best first; after its last piece."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is whole and remembered."""

    usage: CreditUsage


AnswerPart = Piece | Sources | Done
