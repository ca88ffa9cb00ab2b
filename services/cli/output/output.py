"""What commands print: one JSON value, or tables for people."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.text import Text

from services.cli.grammar import wants_json
from services.cli.output.cleaning import clean, json_text
from services.cli.output.shapes import Shape
from services.cli.output.tables import Columns, fields, listing

# Beyond any line: a table in a file or a pipe is never wrapped or cut.
UNLIMITED_WIDTH = 100_000


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr as they are at the moment of the call."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else UNLIMITED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_json(value: Any) -> None:
    """Prints one JSON value."""
    print(json_text(value), flush=True)


def show(value: Any, human: RenderableType) -> None:
    """Prints the result of a command: `value` with `--json`, else `human`."""
    if wants_json():
        print_json(value)
    elif isinstance(human, str):
        print(clean(human), flush=True)
    else:
        _print_whole(human)


def show_one(value: Shape) -> None:
    """Prints one thing: all of its fields."""
    show(value, fields(value))


def show_list(name: str, values: Sequence[Shape], columns: Columns, empty: str = "") -> None:
    """Prints a list: as JSON under `name`, else as a table, or the text `empty` for none."""
    show({name: values}, listing(values, columns, empty))


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
    """Prints the one line of an error."""
    # Where even this can't be said, the exit code tells.
    with suppress(OSError):
        console(stderr=True).print(Text.assemble(("chatmount: ", "bold red"), clean(line)), soft_wrap=True)
