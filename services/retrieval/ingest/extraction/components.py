"""The components of a page of MDX: where they begin and end, and what they are called."""

import re
from collections.abc import Sequence

from services.retrieval.ingest.extraction.code_lines import indent_of
from services.retrieval.ingest.extraction.jsx import Tag
from services.retrieval.ingest.extraction.marks import MarkedLines, OpenPart
from services.retrieval.ingest.extraction.mdx_line import Piece, inline_tags

_LEAD = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)*")
_LONGEST_LEAD = 80
_TITLES = ("title", "label", "heading", "header", "headline", "question", "summary")
_FIELD_TITLES = ("name", "path", "query", "body", "header", *_TITLES)
_TEXTS = ("description", "subtitle", "content", "text", "answer", "caption", "tip", "alt")


class Components:
    """Writes lines, with marks where components begin and end."""

    def __init__(self, text: MarkedLines) -> None:
        self._text = text

    def dedented(self, line: str) -> str:
        """The line as it would be indented without the component that it is in."""
        part = self._text.innermost
        if part is None:
            return line
        stripped = line.lstrip(" \t")
        if not stripped:
            return ""
        indent = indent_of(line)
        if part.column < 0 and not stripped.startswith("</"):
            part.column = indent
        return " " * (part.indent + max(0, indent - max(0, part.column))) + stripped

    def write(self, pieces: Sequence[Piece], indent: int) -> None:
        """Write a line.

        Components that stand apart become parts of the page, others are only their text.
        """
        before = self._text.lines[-1:]
        goes_on = any(map(str.strip, before)) and not any(_title(piece) for piece in pieces if isinstance(piece, Tag))
        inline = inline_tags(pieces, self._text.open_names, goes_on=goes_on)
        buffer = ""
        for place, piece in enumerate(pieces):
            if isinstance(piece, str):
                buffer += piece
            elif place in inline:
                buffer += _in_line(piece, buffer)
            else:
                self._flush(buffer, indent)
                buffer = ""
                self._component(piece, indent)
        self._flush(buffer, indent, is_whole=not any(isinstance(piece, Tag) for piece in pieces))

    def _flush(self, text: str, indent: int, *, is_whole: bool = False) -> None:
        if text.strip():
            self._text.lines.append(" " * indent + text.strip(" \t"))
        elif is_whole:
            self._text.lines.append("")

    def _component(self, tag: Tag, indent: int) -> None:
        if tag.is_closing:
            self._text.close(tag.name)
            return
        title = _title(tag)
        is_part = bool(title) or not tag.is_alone
        if is_part:
            self._text.begin(title, OpenPart((tag.name,), indent))
        for name in _TEXTS:
            self._text.text(tag.attributes.get(name, ""), indent)
        if is_part and tag.is_alone:
            self._text.end()


def _in_line(tag: Tag, before: str) -> str:
    if tag.is_closing:
        return ""
    title = _title(tag) if len(before) <= _LONGEST_LEAD and _LEAD.fullmatch(before) else ""
    return f"{title}: " if title else tag.attributes.get("alt", "")


def _title(tag: Tag) -> str:
    names = _FIELD_TITLES if tag.name.endswith(("Field", "Param")) else _TITLES
    return next((title for name in names if (title := " ".join(tag.attributes.get(name, "").split()))), "")
