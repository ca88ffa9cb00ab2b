"""Tables in PDF files: cells beside each other, which may go on in the lines below."""

from services.retrieval.ingest.extraction.document import nameless_rows, table_rows
from services.retrieval.ingest.extraction.pdf_layout import ENDS_A_SENTENCE
from services.retrieval.ingest.extraction.pdf_lines import HYPHEN, Line

_SAME_PLACE_EMS = 0.6
_LEAST_COLUMNS = 3
"""Of a table whose first row names them: terms and what they mean have none."""


class Table:
    """Takes lines as long as they are rows."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._lefts: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def row(self, line: Line) -> None:
        """The next row."""
        self._rows.append(list(line.cells))
        self._lefts = line.lefts

    def goes_on_in(self, line: Line) -> bool:
        """Take a line that goes on with cells of the last row; false for another.

        One that goes on with the first cell is a row of its own, unless that and all others go on in a sentence.
        """
        columns = [self._column(left, line.size) for left in line.lefts]
        if not self._rows or None in columns or (0 in columns and not self._is_wrapped(line)):
            return False
        for column, text in zip(columns, line.cells, strict=True):
            if column is not None:
                self._rows[-1][column] = joined(self._rows[-1][column], text)
        return True

    def text(self) -> str:
        """All rows, a line for each."""
        rows = self._rows
        if len(rows) > 1 and len(rows[0]) >= _LEAST_COLUMNS and len({len(row) for row in rows}) == 1:
            return table_rows(rows[0], rows[1:])
        return nameless_rows(rows)

    def _is_wrapped(self, line: Line) -> bool:
        """Whether a line is the rest of all cells of the last row."""
        row = self._rows[-1]
        if len(line.cells) != len(row) or not row[0][:1].isupper() or ENDS_A_SENTENCE.search(row[-1]):
            return False
        return all(cell[:1].islower() for cell in line.cells)

    def _column(self, left: float, size: float) -> int | None:
        near = (place for place, begin in enumerate(self._lefts) if abs(begin - left) <= _SAME_PLACE_EMS * size)
        return next(near, None)


def joined(before: str, text: str) -> str:
    """Two lines of one paragraph; of a word that is cut between them, with the sign for that."""
    if before.endswith("-") and text[:1].isalpha():
        return before[:-1] + HYPHEN + text
    return f"{before}{text}" if before.endswith(HYPHEN) else f"{before} {text}"
