"""Components, expressions, imports and exports in Markdown, out of its parser's way."""

import re

from services.retrieval.ingest.extraction.code_lines import CodeLines, indent_of
from services.retrieval.ingest.extraction.components import Components
from services.retrieval.ingest.extraction.jsx import Jsx, Tag
from services.retrieval.ingest.extraction.marks import MarkedLines, Marks
from services.retrieval.ingest.extraction.mdx_line import Piece

_POINT = re.compile(r"`+|\\.|<!--|<|\{")
_MODULE = re.compile(r"(?:import|export)\b")
_SAYS_MDX = re.compile(r"\{/\*|<[A-Za-z][^<>`]*(?:\bclassName=|=\{)")
_CODE_SPAN = re.compile(r"`[^`]*`")
_BRACE = re.compile(r"\s{0,80}\}")
_LONGEST_SPAN = 5_000
_BOX_NAMES = "div section article main center figure p aside header footer details summary"
_BOXES = frozenset(_BOX_NAMES.split())
"""Elements that mean nothing of their own in MDX, where Markdown may stand in them."""


def without_mdx(text: str, marks: Marks, *, is_mdx: bool) -> str:
    """The text as Markdown.

    `is_mdx`: it is known to be MDX, where braces hold code and indentation means nothing.
    """
    return _MdxText(text, marks, is_mdx=is_mdx).markdown()


def says_mdx(text: str) -> bool:
    """Whether a text holds, outside of code blocks, what stands in MDX and not in Markdown."""
    code = CodeLines()
    return any(not code.is_code(line) and _is_of_mdx(line) for line in text.split("\n"))


def _is_of_mdx(line: str) -> bool:
    if _MODULE.match(line):
        return Jsx.begins_module(line)
    return "{" in line and _SAYS_MDX.search(_CODE_SPAN.sub("", line)) is not None


class _MdxText:
    def __init__(self, text: str, marks: Marks, *, is_mdx: bool) -> None:
        self._text = text
        self._is_mdx = is_mdx
        self._jsx = Jsx(text)
        self._code = CodeLines()
        self._written = MarkedLines(marks)
        self._lines = self._written.lines
        self._components = Components(self._written)
        self._next: dict[str, int] = {}

    def markdown(self) -> str:
        """The whole page."""
        place = 0
        while place <= len(self._text):
            place = self._line(place) + 1
        return self._written.ended()

    def _line(self, start: int) -> int:
        """Reads the line at `start`, with those into which a tag in it reaches; where it ends."""
        end = self._line_end(start)
        line = self._components.dedented(self._text[start:end])
        is_in_component = self._written.innermost is not None
        if self._code.is_code(line, indented=not (is_in_component or self._is_mdx)):
            self._lines.append(line)
            return end
        if _MODULE.match(line) and not is_in_component and self._begins_block():
            code_end = self._jsx.module_code(start)
            if code_end >= 0:
                self._lines.append("")
                return code_end
        if "<" not in line and "{" not in line:
            self._lines.append(line)
            return end
        pieces, end = self._pieces(start, end)
        self._components.write(pieces, indent_of(line))
        return end

    def _line_end(self, place: int) -> int:
        end = self._text.find("\n", place)
        return end if end >= 0 else len(self._text)

    def _begins_block(self) -> bool:
        return not self._lines or not self._lines[-1].strip() or self._lines[-1].startswith("#")

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
                shown, place = (self._jsx.value(text[at:behind]), behind) if behind else (None, place)
            elif match[0] == "<" and (tag := self._jsx.tag(at)):
                shown, place = self._shown(tag), tag.end
            if place > end:
                end = self._line_end(place)
            if shown is not None:
                pieces += [text[begin:at], shown]
                begin = place
        return [*pieces, text[begin:end]], end

    def _span_end(self, ticks: str, place: int, end: int) -> int:
        """The place behind code between backticks; `place` where it has no end in its paragraph."""
        paragraph_end = self._find("\n\n", place)
        last = min(max(end, paragraph_end), place + _LONGEST_SPAN)
        close = re.compile(rf"(?<!`){ticks}(?!`)").search(self._text, place, last)
        return close.end() if close else place

    def _find(self, sign: str, place: int) -> int:
        """The next place of a sign; places only go up, so no text is searched twice."""
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

    def _shown(self, tag: Tag) -> Piece | None:
        """What stands for a tag; None where it is left to the parser."""
        if tag.is_component or (self._is_mdx and (tag.name in _BOXES or not tag.name or "." in tag.name)):
            return tag
        if self._is_mdx and tag.name == "img":
            return tag.attributes.get("alt", "")
        if not self._is_mdx or not tag.has_code:
            return None
        attributes = "".join(
            f' {name}="{value}"' for name, value in tag.attributes.items() if value and '"' not in value
        )
        return f"<{tag.name}{attributes}{' /' if tag.is_alone else ''}>"
