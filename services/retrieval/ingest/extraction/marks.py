"""Where components and notes begin and end, as lines of a Markdown text that its parser hands through."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from markdown_it.tree import SyntaxTreeNode

_SIGN = "\x02"
"""Can't stand in a text: decoding takes control characters away."""

_LINE = re.compile(rf"{_SIGN}(\d+)")
_MAXIMUM_DEPTH = 12


class Place(Enum):
    """What a mark stands for."""

    BEGIN = auto()
    END = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """`text`: the title of what begins, which may have none; or a text of its own. `part`: which one begins or ends."""

    place: Place
    text: str = ""
    part: int = 0


@dataclass(slots=True)
class Marks:
    """All marks of one page. What is nested too deep to be told apart has its title as text."""

    _all: list[Mark] = field(default_factory=list)
    _begun: list[int] = field(default_factory=list)

    def begin(self, title: str) -> list[str]:
        """The lines that say that a part begins."""
        part = len(self._all)
        self._begun.append(part)
        if len(self._begun) <= _MAXIMUM_DEPTH:
            return self._lines(Mark(Place.BEGIN, title, part))
        return self.text(title)

    def end(self) -> list[str]:
        """The lines that say that the part which began last ends."""
        part = self._begun.pop()
        return self._lines(Mark(Place.END, part=part)) if len(self._begun) < _MAXIMUM_DEPTH else []

    def text(self, text: str) -> list[str]:
        """The lines of a paragraph that is no Markdown."""
        return self._lines(Mark(Place.TEXT, text)) if text else []

    def of(self, node: SyntaxTreeNode) -> Mark | None:
        """The mark that a paragraph is, if it is one."""
        match = _LINE.fullmatch(node.children[0].content) if node.type == "paragraph" and node.children else None
        return self._all[int(match[1])] if match else None

    def _lines(self, mark: Mark) -> list[str]:
        self._all.append(mark)
        return ["", f"{_SIGN}{len(self._all) - 1}", ""]


def without_signs(text: str) -> str:
    """The text without marks that got where no paragraph can be."""
    return _LINE.sub("", text) if _SIGN in text else text
