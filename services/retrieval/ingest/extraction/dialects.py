"""Dialects of Markdown: the notes, tabs, includes and attributes of site generators."""

import re

from services.retrieval.ingest.extraction.code_lines import CodeLines, indent_of
from services.retrieval.ingest.extraction.dialect_lines import (
    Beginning,
    is_include,
    is_left_out,
    plain_title,
    read_beginning,
    read_callout,
    without_attributes,
)
from services.retrieval.ingest.extraction.marks import MarkedLines, Marks, OpenPart

_END = re.compile(r"[ \t]*(:{3,}|/{3,})[ \t]*$")
_TAG_END = re.compile(
    r"[ \t]*(?:\{%-?[ \t]*(?:end|/[ \t]*)([\w-]+)[ \t]*-?%\}|\{\{[<%][ \t]*/[ \t]*([\w-]+)[ \t]*[>%]\}\})[ \t]*$"
)
_OPTION = re.compile(r"(?:[ \t]{4,}|:)[\w-]+:(?:[ \t].*)?$")
_FILES = re.compile(r"[ \t]*-+8<-+[ \t]*$")
_ABOUT_MARKDOWN = frozenset(("md", "markdown", "mdx", "text", "txt", "plain", "jinja", "html"))
_MAXIMUM_FILES = 100
_BLANK_LINES = 20
_INDENT = 4


def without_dialects(text: str, marks: Marks) -> str:
    """The text as plain Markdown; titles of notes and tabs are marks, code stays as it is."""
    return _DialectText(text.split("\n"), marks).markdown()


class _DialectText:
    def __init__(self, lines: list[str], marks: Marks) -> None:
        self._source = lines
        self._written = MarkedLines(marks)
        self._lines = self._written.lines
        self._code = CodeLines()
        self._fence = -1
        self._has_include = False
        self._ended = {name for line in lines if (end := _TAG_END.match(line)) for name in end.groups() if name}

    def markdown(self) -> str:
        """The whole page."""
        place = 0
        while place < len(self._source):
            place += self._line(place)
        return self._written.ended()

    def _line(self, place: int) -> int:
        """Reads the line at a place; how many lines that were."""
        line = self._dedented(self._source[place])
        was_in_fence = self._code.is_in_fence
        if self._code.is_code(line):
            self._code_line(line, was_in_fence=was_in_fence)
        elif _FILES.match(line):
            return self._files(place)
        elif end := _END.match(line) or _TAG_END.match(line):
            sign = next(filter(None, end.groups()))
            # One of another length ends it as well.
            _ = self._written.close(sign) or self._written.close(sign[:1])
        elif callout := read_callout(line):
            self._lines += callout
        elif (beginning := read_beginning(line, self._ended)) and (
            beginning.is_certain or self._step(beginning, place)
        ):
            return self._begin(beginning, indent_of(line), place)
        elif is_include(line) or is_left_out(line):
            self._lines.append("")
        else:
            self._lines.append(without_attributes(line))
        return 1

    def _dedented(self, line: str) -> str:
        indent = indent_of(line)
        if not line.strip():
            return line
        while (part := self._written.innermost) and indent < part.column:
            self._code.leave_fence()
            self._written.end()
        return " " * (indent - part.moved) + line.lstrip(" \t") if part and part.moved else line

    def _step(self, beginning: Beginning, place: int) -> int:
        """How much further what belongs to an indented beginning is indented; 0 where nothing is."""
        following = next((line for line in self._source[place + 1 : place + _BLANK_LINES] if line.strip()), "")
        step = indent_of(following) - indent_of(self._source[place])
        return max(0, min(step, _INDENT)) if beginning.is_indented else 0

    def _begin(self, beginning: Beginning, indent: int, place: int) -> int:
        """Opens what begins; how many lines say so."""
        step, title = self._step(beginning, place), plain_title(beginning.title)
        if beginning.sign or step:
            around = self._written.innermost or OpenPart((), 0)
            column = indent_of(self._source[place]) + step if step else around.column
            part = OpenPart((beginning.sign, beginning.sign[:1]), indent, column, around.moved + step)
            self._written.begin(title, part)
        else:
            self._written.text(title, indent)
        taken = 1
        while not step and place + taken < len(self._source):
            following = self._source[place + taken]
            is_taken = beginning.takes_indented and (not following.strip() or indent_of(following) >= _INDENT)
            if not is_taken and (beginning.takes_indented or not _OPTION.match(following)):
                break
            taken += 1
        return taken

    def _files(self, place: int) -> int:
        """How many lines name files: those up to the next sign, which may be missing."""
        following = self._source[place + 1 : place + _MAXIMUM_FILES]
        last = next((number for number, line in enumerate(following, 2) if _FILES.match(line)), 1)
        self._lines.append("")
        return last

    def _code_line(self, line: str, *, was_in_fence: bool) -> None:
        """Code stays as it is; but a block that only says which file's code belongs there is none."""
        is_end = was_in_fence and not self._code.is_in_fence
        if was_in_fence and not is_end and self._code.language not in _ABOUT_MARKDOWN and is_include(line):
            self._has_include = True
            return
        if is_end and self._has_include and len(self._lines) == self._fence + 1:
            self._lines.pop()
            return
        if not was_in_fence and self._code.is_in_fence:
            self._fence, self._has_include = len(self._lines), False
        self._lines.append(line)
