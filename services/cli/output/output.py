"""What commands print: one JSON value, or tables for people.

Nothing that a page or a user wrote can steer the terminal.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import NoneType
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from services.cli.grammar import wants_json

# Beyond any line: a table in a file or a pipe is never wrapped or cut.
UNLIMITED_WIDTH = 100_000
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

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Persian, the languages of India and emoji are not written rightly without the two joiners.
_KEPT = "\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# Letters and marks to Unicode, and to the eye nothing.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")

Json = Any
"""What `json.dumps` takes."""


class Prose(Text):
    """Text that may be folded anywhere when the terminal is narrow, as Chinese and Japanese are."""

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """What Rich asks: at least as wide as an id."""
        needed = super().__rich_measure__(console, options)
        return Measurement(min(needed.minimum, LONGEST_UNFOLDED), needed.maximum)


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr as they are at the moment of the call."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else UNLIMITED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def clean(text: str) -> str:
    """`text` without the characters by which it could move the cursor, change the terminal or turn the writing round.

    Lines end as they do here, whichever system wrote them.
    """
    return "".join(map(_shown, _LINE_END.sub("\n", text)))


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT or unicodedata.category(character) == "Zs":
        return character
    return "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """`text` in one clean line."""
    return clean(" ".join(text.split()))


def json_text(value: Json) -> str:
    """One JSON value: in one line for programs; for people indented, with escapes for what they could not see."""
    return for_stdout(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def for_stdout(text: str) -> str:
    """JSON as it is, and on a terminal the same value with all escaped that could steer it, or hide in it."""
    return "".join(map(_escaped, text)) if sys.stdout.isatty() else text


def _escaped(character: str) -> str:
    if character == "\n" or (character.isprintable() and not _UNSEEN.match(character)):
        return character
    return json.dumps(character)[1:-1]


def print_json(value: Json) -> None:
    """Prints one JSON value."""
    print(json_text(value), flush=True)


def show(value: Json, human: RenderableType) -> None:
    """Prints the result of a command: `value` with `--json`, else `human`."""
    if wants_json():
        print_json(value)
    elif isinstance(human, str):
        print(clean(human), flush=True)
    else:
        _print_whole(human)


def _print_whole(human: RenderableType) -> None:
    # What does not fit is left to the terminal to wrap: an id that was cut can't be copied.
    target = console()
    needed = Measurement.get(target, target.options.update(max_width=UNLIMITED_WIDTH), human).minimum
    target.width = max(target.width, needed)
    target.print(human)


def note(text: str) -> None:
    """Says something on stderr that is no result; nothing with `--json`."""
    if wants_json():
        return
    with suppress(OSError):
        console(stderr=True).print(Text(clean(text), style="dim"), soft_wrap=True)


def complain(line: str) -> None:
    """The one line of an error."""
    # Where even this can't be said, the exit code tells.
    with suppress(OSError):
        console(stderr=True).print(Text.assemble(("chatmount: ", "bold red"), clean(line)), soft_wrap=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> Table | Text:
    """A table of `rows`, or the text `empty` when there are none. Numbers stand at the right, ids are never cut.

    A `Text` is shown as it is: whoever made it has cleaned it.
    """
    if not rows:
        return Text(empty)
    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for number, column in enumerate(columns):
        numeric = all(type(row[number]) in {int, float, NoneType} for row in rows)
        natural = max(cell_len(_cell(row[number]).plain) for row in rows)
        grid.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            min_width=max(cell_len(column), min(natural, LONGEST_UNFOLDED)),
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
