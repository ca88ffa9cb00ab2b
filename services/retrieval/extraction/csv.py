"""CSV: a row is a line that names its columns."""

import csv
import io

from services.retrieval.extraction.document import Document, Section, one_line, table_rows, unreadable

_SAMPLE = 16_384
_DELIMITERS = ",;\t|"


def read_csv(text: str) -> Document:
    """One section; each row as `column: value; column: value`. The first row holds the names of the columns.

    UNREADABLE_SOURCE for text that is not CSV.
    """
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS)
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [[one_line(cell) for cell in row] for row in csv.reader(io.StringIO(text), dialect, strict=True)]
    except csv.Error as error:
        raise unreadable("The file is broken: it can't be read as CSV.") from error
    rows = [row for row in rows if any(row)]
    if not rows:
        return Document("", ())
    body = table_rows(rows[0], rows[1:]) if len(rows) > 1 else "; ".join(filter(None, rows[0]))
    return Document("", (Section((), body),))
