"""A whole answer as it was sent, kept to be sent again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.chat.conversation import Done, Event, Sources, Token
from services.chat.credits import Usage
from services.chat.findings import Source


@dataclass(slots=True)
class Reply:
    """The events of an answer, gathered one by one."""

    texts: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    usage: Usage | None = None

    def add(self, event: Event) -> None:
        """Takes in the next event."""
        match event:
            case Token(text):
                self.texts.append(text)
            case Sources(sources):
                self.sources = sources
            case Done(usage):
                self.usage = usage

    def events(self) -> Iterator[Event]:
        """All of them, in their order."""
        yield from map(Token, self.texts)
        yield Sources(self.sources)
        if self.usage is not None:
            yield Done(self.usage)

    def as_json(self) -> str:
        """As it is stored."""
        return json.dumps(
            {
                "texts": self.texts,
                "sources": [[source.url, source.title] for source in self.sources],
                "usage": self.usage and [self.usage.credits_used, self.usage.credits_remaining],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Reply":
        """What `as_json` made."""
        value = json.loads(text)
        sources = tuple(Source(url, title) for url, title in value["sources"])
        return cls(value["texts"], sources, value["usage"] and Usage(*value["usage"]))
