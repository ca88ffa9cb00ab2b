"""The work of `qa import`: row after row, and its report."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope
from services.cli.documents.pairs import Pair, WrongRow
from services.cli.documents.upload import RETRY_SECONDS
from services.cli.failures import CommandFailed, describe
from services.cli.output import output
from services.cli.output.progress import bar
from services.cli.output.shapes import shape
from services.cli.output.tables import table


@dataclass(slots=True)
class Imported:
    """The pairs of a file as they are now, by their ids, in its order, and its wrong rows."""

    pairs: dict[str, retrieval_pb2.QaPair] = field(default_factory=dict)
    wrong: list[WrongRow] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=lambda: Counter(added=0, replaced=0, unchanged=0))


async def import_rows(scope: ChatbotScope, rows: Sequence[Pair | WrongRow]) -> Imported:
    """Adds the pairs that are not there yet. One that is refused does not stop the others.

    CommandFailed when the service stays away; what was added until then stays, and is not added twice.
    """
    there = await all_rows(scope.qa_pairs.ListQaPairs, retrieval_pb2.ListQaPairsRequest())
    known = {(pair.question, pair.answer, pair.url, pair.title): pair for pair in there}
    ids = {pair.id for pair in there}
    done = Imported()
    with bar(TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as shown:
        for row in shown.track(rows):
            if isinstance(row, WrongRow):
                done.wrong.append(row)
                continue
            pair = known.get((row.question, *row.reply))
            if pair is not None:
                done.counts["unchanged"] += 1
            else:
                try:
                    pair = await _add(scope, row)
                except grpc.aio.AioRpcError as error:
                    said = describe(error)[0]
                    if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                        done.wrong.append(WrongRow(row.line, said))
                        continue
                    so_far = f"{done.counts.total()} of {len(rows)} rows are in; import the file again for the others"
                    raise CommandFailed(f"line {row.line}: {said} ({so_far})") from error
                done.counts["replaced" if pair.id in ids else "added"] += 1
                known[row.question, *row.reply] = pair
                ids.add(pair.id)
            done.pairs[pair.id] = pair
    return done


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
        "qa_pairs": [shape(pair) for pair in done.pairs.values()],
        **done.counts,
        "failed": [{"line": row.line, "error": row.reason} for row in done.wrong],
    }
    counts = {**done.counts, "failed": len(done.wrong)}
    summary = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count or word == "added") + "."
    wrong = table(("line", "error"), [(row.line, row.reason) for row in done.wrong])
    output.show(value, Lines(wrong, Text(summary)) if done.wrong else summary)
    if done.wrong:
        first = f"line {done.wrong[0].line}: {done.wrong[0].reason}"
        if len(done.wrong) == 1:
            raise CommandFailed(f"{file.name}, {first}")
        raise CommandFailed(f"{file.name}: {len(done.wrong)} rows could not be added; the first is {first}")
