"""How a CSV file parts and quotes its cells, told in one pass over its beginning."""

import re
from collections import Counter
from typing import Any

DELIMITERS = "\t;|,"
"""The comma last: where another stands as regularly, commas are those of decimals."""

_SAMPLE = 65_536
_DECLARED = re.compile(r"sep=([,;\t|])\n")
# A quotation mark counts where a cell begins.
_MARK = re.compile(r"""[\n,;\t|]|(?:\A|(?<=[\n,;\t|])|(?<=[,;\t|] ))["']""")
_SINGLE_QUOTED = re.compile(r"[ ]*'[^'\n]*'[ ]*(?:[,;\t|\n]|\Z)")


def declared_delimiter(text: str) -> tuple[str, str]:
    """What spreadsheets write in front of a table, empty when they did not, and the table."""
    match = _DECLARED.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def dialect_of(text: str, delimiter: str = "") -> dict[str, Any]:
    """The options by which `csv.reader` reads a table. Linear in the text, whatever is in it.

    The delimiter, where none is given, is the one that most rows have equally often outside of quotes.
    """
    sample = text[:_SAMPLE]
    quote = "'" if '"' not in sample and _is_single_quoted(sample) else '"'
    delimiter = delimiter or _most_regular(_counts(sample, quote))
    return {"delimiter": delimiter, "quotechar": quote, "skipinitialspace": f"{delimiter} {quote}" in sample}


def _is_single_quoted(sample: str) -> bool:
    """Whether the first line has several cells, all in single quotation marks."""
    line = sample.partition("\n")[0]
    cells, place = 0, 0
    while place < len(line) and (match := _SINGLE_QUOTED.match(line, place)):
        cells, place = cells + 1, match.end()
    return cells > 1 and place == len(line)


def _counts(sample: str, quote: str) -> list[Counter[str]]:
    """How often each delimiter stands outside of quotes, by row."""
    rows = [Counter[str]()]
    place = 0
    while match := _MARK.search(sample, place):
        place = match.end()
        if match[0] == quote:
            place = _end_of_quoted(sample, place, quote)
        elif match[0] == "\n":
            rows.append(Counter())
        else:
            rows[-1][match[0]] += 1
    return [row for row in rows if row]


def _end_of_quoted(sample: str, place: int, quote: str) -> int:
    """The end of a quoted cell that begins at `place`.

    A doubled quotation mark is one of its characters.
    """
    while (end := sample.find(quote, place)) >= 0:
        if not sample.startswith(quote, end + 1):
            return end + 1
        place = end + 2
    return len(sample)


def _most_regular(rows: list[Counter[str]]) -> str:
    """The delimiter that most rows have, and have equally often."""

    def regularity(delimiter: str) -> int:
        rows_by_count = Counter(row[delimiter] for row in rows if row[delimiter])
        return rows_by_count.total() + max(rows_by_count.values(), default=0)

    return max(DELIMITERS, key=regularity) if rows else ","
