"""The components of a page of MDX: where they begin and end, and what they are called."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.retrieval.ingest.extraction.code_lines import indent_of
from services.retrieval.ingest.extraction.jsx import Tag
from services.retrieval.ingest.extraction.marks import Marks
from services.retrieval.ingest.extraction.mdx_line import Piece, inline_tags

_LEAD = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)*")
_LONGEST_LEAD = 80
_TITLES = ("title", "label", "heading", "header", "headline", "question", "summary")
_FIELD_TITLES = ("name", "path", "query", "body", "header", *_TITLES)
_TEXTS = ("description", "subtitle", "content", "text", "answer", "caption", "tip", "alt")


@dataclass(slots=True)
class _Open:
    """A component whose end has not come: how far it is indented, and how far the first line in it was."""

    name: str
    base: int
    content: int | None = None


class Components:
    """Writes lines, with marks where components begin and end."""

    def __init__(self, lines: list[str], marks: Marks) -> None:
        self._lines = lines
        self._marks = marks
        self._open: list[_Open] = []
        self._names = Counter[str]()

    @property
    def are_open(self) -> bool:
        """Whether the next line stands in a component."""
        return bool(self._open)

    def end_all(self) -> None:
        """Ends those that nothing has ended."""
        while self._open:
            self._end(self._open[-1].name)

    def dedented(self, line: str) -> str:
        """The line as it would be indented without the component that it is in."""
        if not self._open:
            return line
        stripped, inner = line.lstrip(" \t"), self._open[-1]
        if not stripped:
            return ""
        indent = indent_of(line)
        if inner.content is None and not stripped.startswith("</"):
            inner.content = indent
        return " " * (inner.base + max(0, indent - (inner.content or 0))) + stripped

    def write(self, pieces: Sequence[Piece], indent: int) -> None:
        """Writes a line: components that stand apart become parts of the page, others are only their text."""
        goes_on = bool(self._lines) and bool(self._lines[-1].strip())
        inline = inline_tags(pieces, self._names, goes_on=goes_on and _is_untitled(pieces))
        buffer = ""
        for place, piece in enumerate(pieces):
            if isinstance(piece, str):
                buffer += piece
            elif place in inline:
                buffer += self._in_line(piece, buffer)
            else:
                self._flush(buffer, indent)
                buffer = ""
                self._component(piece, indent)
        self._flush(buffer, indent, is_whole=not any(isinstance(piece, Tag) for piece in pieces))

    def _in_line(self, tag: Tag, before: str) -> str:
        if tag.is_closing:
            return ""
        title = _title(tag) if len(before) <= _LONGEST_LEAD and _LEAD.fullmatch(before) else ""
        return f"{title}: " if title else tag.attributes.get("alt", "")

    def _flush(self, text: str, indent: int, *, is_whole: bool = False) -> None:
        if text.strip() or is_whole:
            self._lines.append((" " * indent + text.strip(" \t")) if text.strip() else "")

    def _component(self, tag: Tag, indent: int) -> None:
        if tag.is_closing:
            self._end(tag.name)
            return
        title, texts = _title(tag), [tag.attributes[name] for name in _TEXTS if tag.attributes.get(name)]
        is_part = bool(title) or not tag.is_alone
        lines = self._marks.begin(title) if is_part else []
        for text in texts:
            lines += self._marks.text(text)
        if is_part and tag.is_alone:
            lines += self._marks.end()
        self._lines += [" " * indent + line if line else "" for line in lines]
        if not tag.is_alone:
            self._open.append(_Open(tag.name, indent))
            self._names[tag.name] += 1

    def _end(self, name: str) -> None:
        while self._names[name]:
            closed = self._open.pop()
            self._names[closed.name] -= 1
            self._lines += [" " * closed.base + line if line else "" for line in self._marks.end()]
            if closed.name == name:
                return


def _is_untitled(pieces: Sequence[Piece]) -> bool:
    """Whether no tag in a line has a title: it may well belong to the sentence."""
    return not any(_title(piece) for piece in pieces if isinstance(piece, Tag))


def _title(tag: Tag) -> str:
    names = _FIELD_TITLES if tag.name.endswith(("Field", "Param")) else _TITLES
    return next((title for name in names if (title := " ".join(tag.attributes.get(name, "").split()))), "")
