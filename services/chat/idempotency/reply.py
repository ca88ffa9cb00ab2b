"""A whole answer as it was sent, kept to be sent again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from services.chat.answer_parts import AnswerPart, Done, Sources
from services.chat.answerers.answerer import Piece
from services.chat.credits import CreditUsage
from services.chat.passages import Source


@dataclass(slots=True)
class Reply:
    """The parts of an answer, gathered one by one."""

    texts: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    usage: CreditUsage | None = None

    def add(self, part: AnswerPart) -> None:
        """Takes in the next part."""
        match part:
            case Piece(text):
                self.texts.append(text)
            case Sources(sources):
                self.sources = sources
            case Done(usage):
                self.usage = usage

    def parts(self) -> Iterator[AnswerPart]:
        """All of them, in their order."""
        yield from map(Piece, self.texts)
        yield Sources(self.sources)
        if self.usage is not None:
            yield Done(self.usage)

    def as_json(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Reply":
        """What `as_json` made."""
        value = json.loads(text)
        sources = tuple(Source(**source) for source in value["sources"])
        return cls(value["texts"], sources, value["usage"] and CreditUsage(**value["usage"]))
