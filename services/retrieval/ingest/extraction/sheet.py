"""The cells of a spreadsheet to blocks of text: its tables, and what stands around them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.retrieval.ingest.extraction.document import nameless_rows, table_rows

_LONGEST_NAME = 80
_MAXIMUM_MERGES = 50_000


class Cell(NamedTuple):
    """What a cell shows. `style`: cells with the same number look the same."""

    text: str
    style: int
    is_number: bool


Row = dict[int, Cell]


class Sheet:
    """A sheet, row by row."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._merges: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._wide: set[tuple[int, int]] = set()

    def add(self, number: int, cells: Row) -> None:
        """Adds a row by its number; columns have numbers as well."""
        if cells:
            self._rows[number] = cells

    def merge(self, first: tuple[int, int], last: tuple[int, int]) -> None:
        """Has one cell reach over all between two corners, each of row and column."""
        if len(self._merges) < _MAXIMUM_MERGES:
            self._merges.append((first, last))

    def blocks(self) -> Iterator[str]:
        """The texts and tables, from the top.

        A row without a neighbour begins a table of its own if it looks like the head of one. A cell over several rows
        stands in each of them.
        """
        self._fill()
        groups: list[list[int]] = []
        for number in sorted(self._rows):
            if groups and groups[-1][-1] == number - 1:
                groups[-1].append(number)
            else:
                groups.append([number])
        names: Mapping[int, str] = {}
        for group in groups:
            while group and self._is_alone(group[0]):
                names = {}
                yield next(iter(self._rows[group.pop(0)].values())).text
            if not group:
                continue
            if not names or self._is_new_table(group, names):
                names, taken = self._head(group)
                group = group[taken:]
            yield self._table(names, group)

    def _is_alone(self, number: int) -> bool:
        return len(self._rows[number]) == 1

    def _is_new_table(self, group: list[int], names: Mapping[int, str]) -> bool:
        first = self._rows[group[0]]
        return len(group) > 1 and first.keys() != names.keys() and not any(cell.is_number for cell in first.values())

    def _head(self, group: list[int]) -> tuple[Mapping[int, str], int]:
        """The names of columns, and over how many rows they stand.

        None where the first row looks like the others.
        """
        first = self._rows[group[0]]
        if any(len(cell.text) > _LONGEST_NAME for cell in first.values()):
            return {}, 0
        body = [self._rows[number] for number in group[1:]]
        if len(max((first, *body), key=len)) <= 2 and not _looks_like_a_head(first, body):
            return {}, 0
        names, taken = {column: cell.text for column, cell in first.items()}, 1
        while taken < len(group) - 1 and any((group[taken - 1], column) in self._wide for column in names):
            below = self._rows[group[taken]]
            if any(cell.is_number for cell in below.values()):
                break
            for column, cell in below.items():
                name = names.get(column, "")
                names[column] = name if name == cell.text else f"{name} {cell.text}".strip()
            taken += 1
        return names, taken

    def _table(self, names: Mapping[int, str], group: list[int]) -> str:
        rows = [self._rows[number] for number in group]
        columns = sorted({column for row in rows for column in row} | names.keys())
        if not names:
            return nameless_rows([row[column].text for column in columns if column in row] for row in rows)
        cells = [[row[column].text if column in row else "" for column in columns] for row in rows]
        return table_rows([names.get(column, "") for column in columns], cells)

    def _fill(self) -> None:
        """Has merged cells stand in all their rows.

        Where names of columns stand below one, it stands above all of them.
        """
        for (top, left), (bottom, right) in self._merges:
            cell = self._rows.get(top, {}).get(left)
            if cell is None:
                continue
            if right > left and top == bottom and top + 1 in self._rows:
                below = self._rows[top + 1]
                inner = [column for column in range(left, right + 1) if column in below]
                if len(inner) > 1 and len(self._rows[top]) > 1:
                    self._wide |= {(top, column) for column in range(left, right + 1)}
                    for column in inner:
                        self._rows[top].setdefault(column, cell)
            for number in range(top + 1, bottom + 1) if bottom - top < len(self._rows) else self._rows:
                if top < number <= bottom and number in self._rows:
                    self._rows[number].setdefault(left, cell)


def _looks_like_a_head(first: Row, body: list[Row]) -> bool:
    """Whether a row of two cells names columns, and is no term with its meaning."""
    if len(first) < 2 or not body or any(cell.is_number for cell in first.values()):
        return False
    last = max(first)
    if any(row[last].is_number for row in body if last in row):
        return True
    own = {cell.style for cell in first.values()}
    others = Counter(cell.style for row in body for cell in row.values())
    return not own & others.keys()
