"""The progress of a long command: a bar on a terminal, or lines of JSON on stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import click
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from services.cli.grammar import wants_json
from services.cli.output import output
from services.cli.output.cleaning import one_line

Advance = Callable[..., None]
"""`advance(event, name, passages=0, done=1)`: what happened to what, and how many steps of the whole that was."""

events_option = click.option("--events", is_flag=True, help="Report each step as a line of JSON on stderr.")


def bar(*columns: ProgressColumn, hidden: bool = False) -> Progress:
    """A bar that people see on a terminal while they wait; nothing with `--json`."""
    console = output.console(stderr=True)
    return Progress(
        *columns, console=console, transient=True, disable=hidden or wants_json() or not console.is_terminal
    )


class _Rate(ProgressColumn):
    """Passages a second since the beginning."""

    def render(self, task: Task) -> Text:
        passages, elapsed = task.fields["passages"], task.elapsed or 0.0
        return Text(f"{passages / elapsed:,.0f} passages/s" if passages and elapsed else "")


@contextmanager
def progress(doing: str, total: int | None, *, events: bool) -> Iterator[Advance]:
    """Shows how many of `total` steps are done; None: their number is unknown."""
    began, steps = monotonic(), 0
    left = () if total is None else (TextColumn("left"), TimeRemainingColumn())
    name_column = TextColumn("{task.fields[name]}", style="dim", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(), *left, name_column)
    with bar(TextColumn(doing), *columns, hidden=events) as shown:
        task = shown.add_task("", total=total, name="", passages=0)

        def advance(event: str, name: str, passages: int = 0, done: int = 1, **more: Any) -> None:
            nonlocal steps
            steps += done
            indexed = shown.tasks[0].fields["passages"] + passages
            shown.update(task, advance=done, name=one_line(name), passages=indexed)
            if events:
                line = {"event": event, "name": name, "done": steps, "of": total, "passages": passages, **more}
                print(json.dumps(line | {"seconds": round(monotonic() - began, 3)}), file=sys.stderr, flush=True)

        yield advance
