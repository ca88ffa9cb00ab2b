"""CSV: a row is a line that names its columns."""

import csv
import io

from services.errors import unreadable
from services.retrieval.ingest.extraction.csv_dialect import dialect_of, said_delimiter
from services.retrieval.ingest.extraction.document import (
    MAXIMUM_CHARACTERS,
    Document,
    Section,
    one_line,
    table_rows,
)


def read_csv(text: str) -> Document:
    """One section; each row as `column: value; column: value`. The first row holds the names of the columns; what
    stands alone in rows before it is text.

    UNREADABLE_SOURCE for text that is not CSV.
    """
    delimiter, text = said_delimiter(text)
    # Exports hold whole articles in a cell; the limit is one for the process, and only ever goes up.
    csv.field_size_limit(max(csv.field_size_limit(), MAXIMUM_CHARACTERS))
    reader = csv.reader(io.StringIO(text), dialect_of(text, delimiter), strict=True)
    try:
        rows = [[one_line(cell) for cell in row] for row in reader]
    except csv.Error as error:
        where = f"line {reader.line_num:,}, or a quotation mark before it"
        raise unreadable(f"The file is broken: it can't be read as CSV ({where}).") from error
    rows = [row for row in rows if any(row)]
    if not rows:
        return Document("", ())
    above, rows = _above_table(rows)
    body = table_rows(rows[0], rows[1:]) if len(rows) > 1 else "; ".join(filter(None, rows[0]))
    return Document("", (Section((), "\n\n".join([*above, body])),))


def _above_table(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The texts of rows that hold one cell above the first that holds several, and the rows from that one on."""
    filled = [[cell for cell in row if cell] for row in rows]
    first = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    return [cells[0] for cells in filled[:first]], rows[first:]
