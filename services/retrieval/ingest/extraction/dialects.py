"""What site generators read in Markdown and people don't: notes, tabs, includes, lists of attributes."""

import re
from collections import Counter
from dataclasses import dataclass

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
from services.retrieval.ingest.extraction.marks import Marks

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


@dataclass(frozen=True, slots=True)
class _Open:
    """What has begun: by which sign, at which indent; for what is indented, from which column on, and how much it is
    moved left.
    """

    sign: str
    indent: int
    column: int = 0
    moved: int = 0


def without_dialects(text: str, marks: Marks) -> str:
    """The text as plain Markdown; titles of notes and tabs are marks. Code blocks stay as they are."""
    return _Page(text.split("\n"), marks).markdown()


class _Page:
    def __init__(self, lines: list[str], marks: Marks) -> None:
        self._source = lines
        self._marks = marks
        self._code = CodeLines()
        self._open: list[_Open] = []
        self._columns: list[int] = []
        self._moved = 0
        self._signs = Counter[str]()
        self._fence = -1
        self._has_include = False
        self._lines: list[str] = []
        self._ended = {name for line in lines if (end := _TAG_END.match(line)) for name in end.groups() if name}

    def markdown(self) -> str:
        """The whole page."""
        place = 0
        while place < len(self._source):
            place += self._line(place)
        while self._open:
            self._end()
        return "\n".join(self._lines)

    def _line(self, place: int) -> int:
        """Reads the line at a place; how many lines that were."""
        line = self._dedented(self._source[place])
        was_in_fence = self._code.is_in_fence
        if self._code.is_code(line):
            self._code_line(line, was_in_fence=was_in_fence)
        elif _FILES.match(line):
            return self._files(place)
        elif end := _END.match(line) or _TAG_END.match(line):
            self._close(next(filter(None, end.groups())))
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
        while self._columns and indent < self._columns[-1]:
            self._code.leave_fence()
            while not self._end().column:
                pass
        return " " * (indent - self._moved) + line.lstrip(" \t") if self._moved else line

    def _step(self, beginning: Beginning, place: int) -> int:
        """How much further what belongs to an indented beginning is indented; 0 where nothing is."""
        following = next((line for line in self._source[place + 1 : place + _BLANK_LINES] if line.strip()), "")
        step = indent_of(following) - indent_of(self._source[place])
        return max(0, min(step, _INDENT)) if beginning.is_indented else 0

    def _begin(self, beginning: Beginning, indent: int, place: int) -> int:
        """Opens what begins; how many lines say so."""
        step, title = self._step(beginning, place), plain_title(beginning.title)
        if not (beginning.sign or step):
            # Nothing is in it.
            self._write(self._marks.text(title), indent)
        else:
            self._write(self._marks.begin(title), indent)
            column = indent_of(self._source[place]) + step if step else 0
            self._open.append(_Open(beginning.sign, indent, column, step))
            self._signs.update((beginning.sign, beginning.sign[:1]))
            self._columns += [column] if step else []
            self._moved += step
        taken = 1
        while not step and place + taken < len(self._source):
            following = self._source[place + taken]
            is_taken = beginning.takes_indented and (not following.strip() or indent_of(following) >= _INDENT)
            if not is_taken and (beginning.takes_indented or not _OPTION.match(following)):
                break
            taken += 1
        return taken

    def _write(self, lines: list[str], indent: int) -> None:
        self._lines += [" " * indent + line if line else "" for line in lines]

    def _close(self, sign: str) -> None:
        """Ends what begins with the sign, or with one of another length, and all that is in it."""
        wanted = sign if self._signs[sign] else sign[:1]
        while self._signs[wanted]:
            ended = self._end().sign
            if wanted in (ended, ended[:1]):
                return

    def _end(self) -> _Open:
        ended = self._open.pop()
        self._signs.subtract((ended.sign, ended.sign[:1]))
        if ended.column:
            self._columns.pop()
            self._moved -= ended.moved
        self._write(self._marks.end(), ended.indent)
        return ended

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
