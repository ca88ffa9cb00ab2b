"""Sources in tables, and the report of `source add`."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.calls.stack import ChatbotScope
from services.cli.documents.document import Unreadable
from services.cli.documents.files import kinds_and_counts
from services.cli.documents.upload import Added, Result
from services.cli.failures import CommandFailed
from services.cli.output import output
from services.cli.output.shapes import Shape, shape, short
from services.cli.output.tables import Columns, fields, listing, table
from services.written_times import interval

RESULT_COLUMNS = ("source", "title", "url", "passages", "status")
SHOWN = 50


def sources_of(scope: ChatbotScope) -> str:
    """The command that lists the sources of a chatbot."""
    return f"chatmount source list --bot {scope.chatbot_id}"


def sources_table(values: Sequence[Shape], empty: str = "") -> Table | Text:
    """Sources by their shapes. The column with causes of failures is there when there are some."""
    columns: Columns = {
        "source": "id",
        "title": "title",
        "url": "url",
        "passages": "passages",
        "status": _status,
        "updated (UTC)": "updated_at",
    }
    has_errors = any(value["error"] for value in values)
    return listing(values, {**columns, "error": "error"} if has_errors else columns, empty)


def counts_table(totals: Shape) -> Lines:
    """Counts, with how sources were last read again and what could not be read then."""
    sync = totals["last_sync"]
    if sync is None:
        return Lines(fields(totals))
    kinds = [f"{sync[kind]:,} {kind}" for kind in ("changed", "unchanged", "failed", "gone") if sync[kind]]
    line = f"{short(sync['ended_at'])} (UTC): {', '.join(kinds) or 'nothing'}"
    if sync["every_seconds"]:
        line += f"; every {interval(sync['every_seconds'])}"
    failed = listing(sync["failures"], {"failed": "url", "error": "error"})
    return Lines(fields(totals | {"last_sync": line}), *([Text(), failed] if sync["failures"] else []))


def _status(value: Shape) -> str:
    ingest = value["ingest"]
    if not ingest:
        return str(value["status"])
    of = ingest["passages_all"]
    state = (
        f"indexing {ingest['passages_done'] * 100 // of} %" if of else "indexing" if ingest["working"] else "waiting"
    )
    return state if value["status"] in ("waiting", "indexing") else f"{value['status']}, new: {state}"


def report(results: Sequence[Result], skipped: Counter[str], passed_over: int = 0) -> None:
    """Prints the sources. CommandFailed when something could not be added.

    `skipped`: files of folders that were passed over, by kind; `passed_over`: linked pages.
    """
    added = [result for result in results if isinstance(result, Added)]
    failed = [result for result in results if isinstance(result, Unreadable)]
    value = {
        "sources": [result_shape(one) for one in added],
        "failed": failures(failed),
        **skipped_values(skipped),
        "pages_passed_over": passed_over,
    }
    # What went wrong is shown however much there is of it.
    shown = [result for place, result in enumerate(results) if place < SHOWN or isinstance(result, Unreadable)]
    lines: list[RenderableType] = [table(RESULT_COLUMNS, [row(result) for result in shown], "Nothing to add.")]
    if len(results) > len(shown):
        lines.append(Text(f"… and {len(results) - len(shown):,} more", style="dim"))
    lines.append(Text("\n" + _summary(added, failed, skipped, passed_over)))
    output.show(value, Lines(*lines))
    fail_if_any(failed, len(results))


def result_shape(added: Added) -> Shape:
    """A source that was uploaded, for --json."""
    return shape(added.source) | {"unchanged": added.unchanged}


def failures(failed: Sequence[Unreadable]) -> list[Shape]:
    """What could not be added, for --json."""
    return [{"path": one.label, "error": one.reason} for one in failed]


def skipped_values(skipped: Counter[str]) -> Shape:
    """How many files of folders were passed over, in all and of each kind, for --json."""
    return {"skipped": skipped.total(), "skipped_kinds": dict(sorted(skipped.items()))}


def fail_if_any(failed: Sequence[Unreadable], of: int) -> None:
    """CommandFailed when something could not be added."""
    if len(failed) == 1:
        raise CommandFailed(f"{failed[0].label}: {failed[0].reason}")
    if failed:
        first = f"the first is {failed[0].label}: {failed[0].reason}"
        raise CommandFailed(f"{len(failed)} of {of} could not be added; {first}")


def row(result: Result) -> tuple[object, ...]:
    """The cells of a result, under RESULT_COLUMNS."""
    if isinstance(result, Unreadable):
        return ("", result.reason, result.label, None, "failed")
    value = shape(result.source)
    return (value["id"], value["title"], value["url"], value["passages"], value["status"])


def _summary(added: Sequence[Added], failed: Sequence[Unreadable], skipped: Counter[str], passed_over: int) -> str:
    new = [one for one in added if not one.unchanged]
    waiting = [one for one in new if one.source.HasField("ingest")]
    parts = [f"{len(new) - len(waiting):,} added ({sum(one.source.passages for one in new):,} passages)"]
    if waiting:
        parts = [f"{len(waiting):,} accepted; `chatmount source wait` waits until they are indexed"]
    if len(added) > len(new):
        parts.append(f"{len(added) - len(new):,} unchanged")
    if failed:
        parts.append(f"{len(failed):,} failed")
    if skipped:
        count = skipped.total()
        parts.append(f"{count:,} {'file' if count == 1 else 'files'} passed over ({kinds_and_counts(skipped)})")
    if passed_over:
        parts.append(f"{passed_over:,} linked {'page' if passed_over == 1 else 'pages'} passed over")
    return ", ".join(parts) + "."
