"""Tables and lists of fields for people."""

from collections.abc import Callable, Mapping, Sequence
from types import NoneType

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from services.cli.output.cleaning import one_line
from services.cli.output.shapes import Shape, short

# An id or a time stands in one line; what is longer may be folded.
LONGEST_UNFOLDED = 30
STATUS_STYLES = {
    "active": "green",
    "ready": "green",
    "serving": "green",
    "settled": "green",
    "yes": "green",
    "indexing": "yellow",
    "reserved": "yellow",
    "expired": "yellow",
    "disabled": "yellow",
    "no": "yellow",
    "revoked": "red",
    "failed": "red",
    "not serving": "red",
}

Columns = Mapping[str, str | Callable[[Shape], object]]
"""The heads of a table, each with the field that stands below it, or with what makes a cell of a shape."""


class Prose(Text):
    """Text that may be folded anywhere when the terminal is narrow, as Chinese and Japanese are."""

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """At least as wide as an id."""
        needed = super().__rich_measure__(console, options)
        return Measurement(min(needed.minimum, LONGEST_UNFOLDED), needed.maximum)


def listing(values: Sequence[Shape], columns: Columns, empty: str = "") -> Table | Text:
    """A table of shapes, or the text `empty` when there are none. Times are shortened."""
    return table(tuple(columns), [[_read(value, field) for field in columns.values()] for value in values], empty)


def _read(value: Shape, field: str | Callable[[Shape], object]) -> object:
    if callable(field):
        return field(value)
    return short(value[field]) if field.endswith("_at") else value[field]


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], empty: str = "") -> Table | Text:
    """A table of `rows`, or the text `empty` when there are none.

    Numbers stand at the right, ids are never cut. A `Text` is shown as it is: its maker has cleaned it.
    """
    if not rows:
        return Text(empty)
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for number, head in enumerate(heads):
        numeric = all(type(row[number]) in {int, float, NoneType} for row in rows)
        natural = max(cell_len(_cell(row[number]).plain) for row in rows)
        grid.add_column(
            head,
            justify="right" if numeric else "left",
            overflow="fold",
            min_width=max(cell_len(head), min(natural, LONGEST_UNFOLDED)),
        )
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    return grid


def fields(value: Mapping[str, object]) -> Table:
    """One thing as a list of its fields."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, content in value.items():
        grid.add_row(name.replace("_", " "), _cell(content))
    return grid


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if value is None or value == "":
        return Text("–", style="dim")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, float):
        return Text(f"{value:.3f}")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, list | tuple):
        value = ", ".join(str(item) for item in value) or "–"
    text = one_line(str(value))
    return Text(text, style=STATUS_STYLES.get(text, ""))
