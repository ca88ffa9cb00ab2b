"""Markdown with components: their tags, expressions, comments, imports and exports, out of the way of its parser."""

import re
from collections import Counter
from dataclasses import dataclass

from services.retrieval.extraction.code_lines import CodeLines, indent_of
from services.retrieval.extraction.jsx import Jsx, Tag
from services.retrieval.extraction.marks import Marks
from services.retrieval.extraction.mdx_line import Piece, inline_tags

_POINT = re.compile(r"`+|\\.|<!--|<|\{")
_MODULE = re.compile(r"(?:import|export)\b")
_SAYS_MDX = re.compile(r"\{/\*|\bclassName=|=\{|^(?:import|export)\s.*(?:from\s*[\"']|=|\{)")
_BRACE = re.compile(r"\s{0,80}\}")
_LEAD = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)*")
_LONGEST_SPAN = 5_000
_LONGEST_LEAD = 80
_TITLES = ("title", "label", "heading", "header", "headline", "question", "summary")
_FIELD_TITLES = ("name", "path", "query", "body", "header", *_TITLES)
_TEXTS = ("description", "subtitle", "content", "text", "answer", "caption", "tip", "alt")
_BOX_NAMES = "div section article main center figure p aside header footer details summary"
_BOXES = frozenset(_BOX_NAMES.split())
"""Elements that mean nothing of their own in MDX, where Markdown may stand in them."""


@dataclass(slots=True)
class _Open:
    """A component whose end has not come: how far it is indented, and how far the first line in it was."""

    name: str
    base: int
    content: int | None = None


def without_mdx(text: str, marks: Marks, *, is_mdx: bool) -> str:
    """The text as Markdown. `is_mdx`: its name says that it is MDX; else what it holds tells."""
    return _Page(text, marks, is_mdx=is_mdx or says_mdx(text)).markdown()


def says_mdx(text: str) -> bool:
    """Whether a text holds, outside of code blocks, what stands in MDX and not in Markdown."""
    if not ("{" in text or "import" in text or "export" in text):
        return False
    code = CodeLines()
    return any(not code.is_code(line) and _SAYS_MDX.search(line) for line in text.split("\n"))


class _Page:
    def __init__(self, text: str, marks: Marks, *, is_mdx: bool) -> None:
        self._text = text
        self._marks = marks
        self._is_mdx = is_mdx
        self._jsx = Jsx(text)
        self._code = CodeLines()
        self._open: list[_Open] = []
        self._names = Counter[str]()
        self._lines: list[str] = []
        self._next: dict[str, int] = {}

    def markdown(self) -> str:
        """The whole page."""
        place = 0
        while place <= len(self._text):
            place = self._line(place) + 1
        while self._open:
            self._end(self._open[-1].name)
        return "\n".join(self._lines)

    def _line(self, start: int) -> int:
        """Reads the line at `start`, with those into which a tag in it reaches; where it ends."""
        end = self._line_end(start)
        line = self._dedented(self._text[start:end])
        if self._code.is_code(line, indented=not (self._open or self._is_mdx)):
            self._lines.append(line)
            return end
        if _MODULE.match(line) and not self._open and self._begins_block():
            code_end = self._jsx.module_code(start)
            if code_end >= 0:
                self._lines.append("")
                return code_end
        if "<" not in line and "{" not in line:
            self._lines.append(line)
            return end
        pieces, end = self._pieces(start, end)
        self._write(pieces, indent_of(line))
        return end

    def _line_end(self, place: int) -> int:
        end = self._text.find("\n", place)
        return end if end >= 0 else len(self._text)

    def _begins_block(self) -> bool:
        return not self._lines or not self._lines[-1].strip() or self._lines[-1].startswith("#")

    def _dedented(self, line: str) -> str:
        if not self._open:
            return line
        stripped, inner = line.lstrip(" \t"), self._open[-1]
        if not stripped:
            return ""
        indent = indent_of(line)
        if inner.content is None and not stripped.startswith("</"):
            inner.content = indent
        return " " * (inner.base + max(0, indent - (inner.content or 0))) + stripped

    def _pieces(self, start: int, end: int) -> tuple[list[Piece], int]:
        """The line as texts and tags, without what is code, and where it ends."""
        text = self._text
        pieces: list[Piece] = []
        place = begin = start
        while match := _POINT.search(text, place, end):
            at, place = match.start(), match.end()
            shown: Piece | None = None
            if match[0][0] == "`":
                place = self._span_end(match[0], place, end)
            elif match[0] == "<!--":
                close = self._find("-->", place)
                place = close + 3 if close >= 0 else place
            elif match[0] == "{":
                behind = self._expression_end(at)
                shown, place = (self._value(at, behind), behind) if behind else (None, place)
            elif match[0] == "<" and (tag := self._jsx.tag(at)):
                shown, place = self._shown(tag), tag.end
            if place > end:
                end = self._line_end(place)
            if shown is not None:
                pieces += [text[begin:at], shown]
                begin = place
        return [*pieces, text[begin:end]], end

    def _span_end(self, ticks: str, place: int, end: int) -> int:
        """Behind the code between backticks that begins before `place`; there, where it has no end in its line."""
        close = re.compile(rf"(?<!`){ticks}(?!`)").search(self._text, place, min(end, place + _LONGEST_SPAN))
        return close.end() if close else place

    def _find(self, sign: str, place: int) -> int:
        """Where a sign stands next; places only go up, so that no part of the text is searched twice."""
        if -1 < self._next.get(sign, 0) < place or sign not in self._next:
            self._next[sign] = self._text.find(sign, place)
        return self._next[sign]

    def _expression_end(self, at: int) -> int:
        """Behind the comment or expression at `at`; 0 where it is text."""
        if self._text.startswith("{/*", at):
            close = self._find("*/", at)
            brace = _BRACE.match(self._text, close + 2) if close >= 0 else None
            if brace:
                return brace.end()
        return max(0, self._jsx.braces(at)) if self._is_mdx else 0

    def _value(self, start: int, end: int) -> str:
        return self._jsx.value(self._text[start:end])

    def _shown(self, tag: Tag) -> Piece | None:
        """What stands for a tag; None where it is left to the parser."""
        if tag.is_component or (self._is_mdx and tag.name in _BOXES):
            return tag
        if self._is_mdx and tag.name == "img":
            return tag.attributes.get("alt", "")
        if not self._is_mdx or not tag.has_code:
            return None
        said = "".join(f' {name}="{value}"' for name, value in tag.attributes.items() if value and '"' not in value)
        return f"<{tag.name}{said}{' /' if tag.is_alone else ''}>"

    def _write(self, pieces: list[Piece], indent: int) -> None:
        """Writes a line: components that stand apart become parts of the page, others are only their text."""
        goes_on = bool(self._lines) and bool(self._lines[-1].strip()) and not self._code.is_in_fence
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


def _is_untitled(pieces: list[Piece]) -> bool:
    """Whether no tag in a line has a title: it may well belong to the sentence."""
    return not any(_title(piece) for piece in pieces if isinstance(piece, Tag))


def _title(tag: Tag) -> str:
    names = _FIELD_TITLES if tag.name.endswith(("Field", "Param")) else _TITLES
    return next((title for name in names if (title := " ".join(tag.attributes.get(name, "").split()))), "")
