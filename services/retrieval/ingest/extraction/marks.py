"""Parts of a page, such as components and notes, as marks that the parser hands through."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from services.retrieval.ingest.extraction.document import Outline

_SIGN = "\x02"
"""Can't stand in a text: decoding takes control characters away."""

_LINE = re.compile(rf"{_SIGN}(\d+)")
_MAXIMUM_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in a text.

    `text`: the title of a part that begins, or a text of its own. `put`: enters the mark into an outline.
    """

    text: str
    put: Callable[[Outline], None]


@dataclass(slots=True)
class OpenPart:
    """A part of the page whose end has not come. `names`: by what its end calls it.

    `column`: where its content begins, -1 where that says nothing; `moved`: how far its content is moved to the left.
    """

    names: tuple[str, ...]
    indent: int
    column: int = -1
    moved: int = 0


class Marks:
    """All marks of one page. What is nested too deep to be told apart has its title as text."""

    def __init__(self) -> None:
        self._all: list[Mark] = []

    def of(self, node: SyntaxTreeNode) -> Mark | None:
        """The mark that a paragraph is, if it is one."""
        match = _LINE.fullmatch(node.children[0].content) if node.type == "paragraph" and node.children else None
        return self._all[int(match[1])] if match else None

    def line(self, text: str, put: Callable[[Outline], None]) -> str:
        """The line that stands for a mark."""
        self._all.append(Mark(text, put))
        return f"{_SIGN}{len(self._all) - 1}"


class MarkedLines:
    """A text as it is written line by line, with marks where parts of it begin and end."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._open: list[OpenPart] = []
        self.open_names = Counter[str]()
        self.lines: list[str] = []

    @property
    def innermost(self) -> OpenPart | None:
        """The part that the next line is in."""
        return self._open[-1] if self._open else None

    def begin(self, title: str, part: OpenPart) -> None:
        """Begins a part, in the one that is open."""
        self._open.append(part)
        self.open_names.update(part.names)
        if len(self._open) <= _MAXIMUM_DEPTH:
            self._mark(title, lambda outline: outline.begin_part(part, title), part.indent)
        else:
            self.text(title, part.indent)

    def end(self) -> OpenPart:
        """Ends the innermost part."""
        part = self._open.pop()
        self.open_names.subtract(part.names)
        if len(self._open) < _MAXIMUM_DEPTH:
            self._mark("", lambda outline: outline.end_part(part), part.indent)
        return part

    def close(self, name: str) -> bool:
        """Ends the innermost part of that name with all in it; False where there is none."""
        while self.open_names[name]:
            if name in self.end().names:
                return True
        return False

    def text(self, text: str, indent: int) -> None:
        """Writes a paragraph that is no Markdown."""
        if text:
            self._mark(text, lambda outline: outline.block(text), indent)

    def ended(self) -> str:
        """The whole text; parts that nothing has ended end there."""
        while self._open:
            self.end()
        return "\n".join(self.lines)

    def _mark(self, text: str, put: Callable[[Outline], None], indent: int) -> None:
        self.lines += ["", " " * indent + self._marks.line(text, put), ""]


def without_signs(text: str) -> str:
    """The text without marks that got where no paragraph can be."""
    return _LINE.sub("", text) if _SIGN in text else text
