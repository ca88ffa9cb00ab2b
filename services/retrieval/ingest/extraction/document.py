"""What every kind of file becomes: a title, and sections that know the headings above them."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.errors import ChatmountError, unreadable

RULES_VERSION = 5
"""Goes up with every change after which the same file gives other sections: unchanged files are then read again."""

MAXIMUM_CHARACTERS = 16 * 1024 * 1024
"""Of the text in a packed file; one that is not packed is bounded by its own size."""

# Names of columns, repeated in every row: of a table with more than that, nobody wrote them to be read.
_REPEATED_CHARACTERS = 128 * 1024
_REPEATED_PER_CHARACTER = 4
_CUT_NAME = 40

LONGEST_HEADING = 500
"""In characters. Headings are repeated in every passage under them; longer ones are text in the wrong place."""


@dataclass(frozen=True, slots=True)
class Section:
    """Text under one heading.

    `headings`: the path down to it, outermost first, without the document's title; empty for text before the first one.
    `text`: every line is a paragraph, a list item (`- …`, `1. …`), a table row or a line of code (indented by four
    spaces); blank lines part blocks. So a line break always is a boundary, and never cuts a sentence.
    """

    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A page or file as text. `title` is empty when the content names none."""

    title: str
    sections: tuple[Section, ...]


class Outline:
    """Collects blocks and headings in reading order into sections.

    `lone_headings`: one without text below is text itself. `lone_title`: so is the title where there is nothing else.
    """

    def __init__(self, *, lone_headings: bool = True, lone_title: bool = True) -> None:
        self._lone_headings = lone_headings
        self._lone_title = lone_title
        self._title = ""
        self._path: list[tuple[int, str]] = []
        self._above = 0
        self._parts: list[tuple[object, list[tuple[int, str]], int]] = []
        self._leaf_is_empty = False
        self._blocks: list[str] = []
        self._sections: list[Section] = []

    def heading(self, level: int, text: str) -> None:
        """Begins a section; headings of the same or a deeper level are left."""
        level += self._above
        self._close(level)
        self._path = [(above, title) for above, title in self._path if above < level]
        if len(text) > LONGEST_HEADING:
            self.block(text)
        elif text:
            self._path.append((level, text))
            self._leaf_is_empty = True

    def title(self, level: int, text: str) -> None:
        """A heading that is the title of the document, which stands above all sections."""
        self._title = self._title or text
        self.heading(level, "")

    def begin_part(self, part: object, title: str) -> None:
        """Begins a part of the page, such as a note: its title and headings reach as far as it does."""
        self._parts.append((part, self._path, self._above))
        if title:
            self._above = (self._path[-1][0] if self._path else 0) + 1
            self._close(self._above)
            self._path = [*self._path, (self._above, title)]
            self._leaf_is_empty = True

    def end_part(self, part: object) -> None:
        """Ends a part with all that began in it; one that never began is nothing."""
        while any(begun is part for begun, _, _ in self._parts):
            _, path, self._above = self._parts.pop()
            if path is not self._path:
                self._close(0)
                self._path = path

    def block(self, text: str) -> None:
        """Adds a paragraph, list, table or code block; blank ones are nothing."""
        if text.strip():
            self._blocks.append(text.strip("\n").rstrip())

    def sections(self) -> tuple[Section, ...]:
        """All sections with text, in order."""
        self._close(0)
        if self._title and self._lone_title and not self._sections:
            return (Section((), self._title),)
        return tuple(self._sections)

    def _close(self, level: int) -> None:
        path = tuple(title for _, title in self._path)
        if self._blocks:
            self._sections.append(Section(path, "\n\n".join(self._blocks)))
        elif self._lone_headings and self._leaf_is_empty and level <= self._path[-1][0]:
            # Nothing stands under this heading, so it is all the text there is.
            self._sections.append(Section(path[:-1], path[-1]))
        self._blocks = []
        self._leaf_is_empty = False


def table_rows(header: list[str], body: Iterable[list[str]]) -> str:
    """One line per row, each cell with the name of its column, so that it makes sense alone.

    Of equal rows the first stands for all.

    Where long names over short cells would make far more text than the table has, they are cut.
    """
    rows = list(body)
    if not rows:
        return "; ".join(filter(None, header))
    names = [*header, *[""] * (max(map(len, rows), default=0) - len(header))]
    own = sum(len(cell) for row in rows for cell in row)
    repeated = sum(len(name) for row in rows for name, cell in zip(names, row, strict=False) if cell)
    if repeated > _REPEATED_CHARACTERS + _REPEATED_PER_CHARACTER * own:
        names = [name[:_CUT_NAME] for name in names]
    lines = []
    for row in rows:
        cells = [f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell.strip()]
        if cells:
            lines.append("; ".join(cells))
    return "\n".join(dict.fromkeys(lines))


def nameless_rows(rows: Iterable[list[str]]) -> str:
    """One line per row of a table without names; two cells are a term and what it means."""
    return "\n".join((": " if len(cells) == 2 else "; ").join(filter(None, cells)) for cells in rows)


# Soft hyphens and other characters without width cut words in two, and no search finds them.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))


def one_line(text: str) -> str:
    """The text with every run of whitespace made one space, and without what nobody sees."""
    return " ".join(text.translate(_INVISIBLE).split())


def too_much_text() -> ChatmountError:
    """The refusal of a small file that unpacks to more text than any reader wants."""
    return unreadable("The file unpacks to more text than can be read; split it into smaller ones.")
