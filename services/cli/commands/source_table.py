"""Sources in a table, and the option by which commands on sources name the chatbot."""

from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from services.cli.output import output, shapes

COLUMNS = ("source", "title", "url", "passages", "status", "updated (UTC)")

bot_option = click.option("--bot", required=True, help="Id of the chatbot.")


def sources_table(values: Sequence[shapes.Shape], empty: str = "") -> Table | Text:
    """Sources by their shapes. What could not be read has its cause in a column that is there when it is needed."""
    columns = COLUMNS + (("error",) if any(value["error"] for value in values) else ())
    return output.table(columns, [_row(value)[: len(columns)] for value in values], empty)


def _row(value: shapes.Shape) -> tuple[object, ...]:
    updated = shapes.short(value["updated_at"])
    return (value["id"], value["title"], value["url"], value["passages"], _status(value), updated, value["error"] or "")


def _status(value: shapes.Shape) -> str:
    ingest = value["ingest"]
    if not ingest:
        return str(value["status"])
    of = ingest["passages_all"]
    state = (
        f"indexing {ingest['passages_done'] * 100 // of} %" if of else "indexing" if ingest["working"] else "waiting"
    )
    return state if value["status"] in ("waiting", "indexing") else f"{value['status']}, new: {state}"
