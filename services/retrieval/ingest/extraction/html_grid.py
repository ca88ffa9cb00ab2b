"""Tables of web pages: every cell in all the rows and columns over which it reaches."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

_MAXIMUM_SPAN = 100
_MAXIMUM_COLUMNS = 200
_REPEATED_CHARACTERS = 10_000
"""More than a table has itself; what would be repeated beyond that is not meant to be read."""

_CELL = 16
"""How many characters a cell counts for, beside its text: empty ones cost as well."""


def read_grid(table: HtmlElement, text: Callable[[HtmlElement], str]) -> Iterator[tuple[bool, list[str]]]:
    """The rows of a table: whether one holds nothing but headers, and its cells.

    A cell over several rows stands in each of them, for it speaks of each. One over several columns stands in the
    first, and as the header of all of them.
    """
    grid = _Grid()
    for row in table.iter("tr"):
        is_head = row.find("td") is None
        cells: list[str] = []
        for cell in row:
            if cell.tag in ("td", "th"):
                grid.take_down(cells)
                grid.add(cells, cell, text(cell), is_head=is_head)
        grid.take_down(cells)
        yield is_head, cells


@dataclass(slots=True)
class _Grid:
    """A table as it is read, row by row.

    `reaching`: by column, for how many more rows a cell from above stands in it. `allowance`: see above.
    """

    reaching: dict[int, tuple[int, str]] = field(default_factory=dict)
    allowance: int = _REPEATED_CHARACTERS

    def add(self, cells: list[str], cell: HtmlElement, content: str, *, is_head: bool) -> None:
        self.allowance += _CELL + len(content)
        down, wide = _span(cell, "rowspan"), _span(cell, "colspan")
        for place in range(max(0, min(wide, _MAXIMUM_COLUMNS - len(cells)))):
            self.allowance -= 1
            if place > 0 and self.allowance < 0:
                break
            shown = content if place == 0 else self._again(content) if is_head else ""
            if down > 1:
                self.reaching[len(cells)] = (down - 1, shown)
            cells.append(shown)

    def take_down(self, cells: list[str]) -> None:
        """Adds what reaches down from the rows above into the next columns."""
        if self.allowance < 0:
            self.reaching.clear()
        while (place := len(cells)) in self.reaching:
            left, content = self.reaching.pop(place)
            if left > 1:
                self.reaching[place] = (left - 1, content)
            cells.append(self._again(content))

    def _again(self, content: str) -> str:
        self.allowance -= 1 + len(content)
        return content if self.allowance >= 0 else ""


def _span(cell: HtmlElement, name: str) -> int:
    value = cell.get(name, "")
    return min(max(int(value), 1), _MAXIMUM_SPAN) if re.fullmatch(r"[0-9]{1,6}", value) else 1
