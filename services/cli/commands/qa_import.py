"""The work of `qa import`: row after row, and what is said when it is done."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope
from services.cli.documents.pairs import Pair, WrongRow
from services.cli.documents.upload import RETRY_SECONDS
from services.cli.failures import CommandFailed, describe
from services.cli.grammar import wants_json
from services.cli.output import output, shapes


@dataclass(slots=True)
class Imported:
    """The pairs of a file as they are now, by their ids, in its order, and the rows that are none."""

    pairs: dict[str, retrieval_pb2.QaPair] = field(default_factory=dict)
    wrong: list[WrongRow] = field(default_factory=list)
    added: int = 0
    replaced: int = 0
    unchanged: int = 0

    @property
    def rows_that_are_in(self) -> int:
        """How many rows of the file need not be imported again."""
        return self.added + self.replaced + self.unchanged


async def import_rows(scope: ChatbotScope, rows: Sequence[Pair | WrongRow]) -> Imported:
    """Adds the pairs that are not there yet. One that is refused does not stop the others.

    CommandFailed when the service stays away; what was added until then stays, and is not added twice.
    """
    there = await all_rows(
        scope.qa_pairs.ListQaPairs, retrieval_pb2.ListQaPairsRequest(), lambda page: list(page.qa_pairs)
    )
    known = {(pair.question, pair.answer, pair.url, pair.title): pair for pair in there}
    ids = {pair.id for pair in there}
    done = Imported()
    for row in _with_progress(rows):
        if isinstance(row, WrongRow):
            done.wrong.append(row)
            continue
        pair = known.get((row.question, *row.reply))
        if pair is not None:
            done.unchanged += 1
        else:
            try:
                pair = await _add(scope, row)
            except grpc.aio.AioRpcError as error:
                said = describe(error)[0]
                if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                    done.wrong.append(WrongRow(row.line, said))
                    continue
                so_far = f"{done.rows_that_are_in} of {len(rows)} rows are in; import the file again for the others"
                raise CommandFailed(f"line {row.line}: {said} ({so_far})") from error
            done.replaced += pair.id in ids
            done.added += pair.id not in ids
            known[row.question, *row.reply] = pair
            ids.add(pair.id)
        done.pairs[pair.id] = pair
    return done


def _with_progress(rows: Sequence[Pair | WrongRow]) -> Iterator[Pair | WrongRow]:
    progress = Progress(
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=output.console(stderr=True),
        transient=True,
        disable=wants_json() or not output.console(stderr=True).is_terminal,
    )
    with progress:
        yield from progress.track(rows)


async def _add(scope: ChatbotScope, row: Pair) -> retrieval_pb2.QaPair:
    request = retrieval_pb2.AddQaPairRequest(question=row.question, answer=row.answer, url=row.url, title=row.title)
    for pause in RETRY_SECONDS:
        try:
            return (await scope.qa_pairs.AddQaPair(request)).qa_pair
        except grpc.aio.AioRpcError as error:
            # A service that was restarted is back within seconds.
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
        await asyncio.sleep(pause)
    return (await scope.qa_pairs.AddQaPair(request)).qa_pair


def report(file: Path, done: Imported) -> None:
    """Prints the pairs, and ends in CommandFailed when there was a row that is none."""
    value = {
        "qa_pairs": [shapes.qa_pair(pair) for pair in done.pairs.values()],
        "added": done.added,
        "replaced": done.replaced,
        "unchanged": done.unchanged,
        "failed": [{"line": row.line, "error": row.reason} for row in done.wrong],
    }
    counts = {"added": done.added, "replaced": done.replaced, "unchanged": done.unchanged, "failed": len(done.wrong)}
    said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count or word == "added") + "."
    wrong = output.table(("line", "error"), [(row.line, row.reason) for row in done.wrong], "")
    output.show(value, Lines(wrong, Text(said)) if done.wrong else said)
    if done.wrong:
        first = f"line {done.wrong[0].line}: {done.wrong[0].reason}"
        if len(done.wrong) == 1:
            raise CommandFailed(f"{file.name}, {first}")
        raise CommandFailed(f"{file.name}: {len(done.wrong)} rows could not be added; the first is {first}")
