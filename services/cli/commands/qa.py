"""`chatmount qa`: questions with a fixed answer."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import grpc
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.documents.pairs import NoTable, Pair, WrongRow, read_pairs
from services.cli.documents.upload import RETRY_SECONDS
from services.cli.failures import CommandFailed, describe, explain_missing
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.progress import bar
from services.cli.output.shapes import shape
from services.cli.output.tables import table

COLUMNS = {"pair": "id", "question": "question", "answer": "answer", "url": "url"}


@click.group(cls=Group, name="qa")
def group() -> None:
    """Questions with a fixed answer, given word for word."""


@group.command()
@bot_option
@click.option("--question", required=True, help="Up to 2,000 characters.")
@click.option("--answer", required=True, help="Up to 8,000 characters.")
@click.option("--url", default="", help="Page to cite with the answer.")
@click.option("--title", default="", help="Title of that page. The default is the question.")
@on_chatbot
async def add(scope: ChatbotScope, question: str, answer: str, url: str, title: str) -> None:
    """Add a pair, or replace the answer of the same question."""
    request = retrieval_pb2.AddQaPairRequest(question=question, answer=answer, url=url, title=title)
    output.show_one(shape((await scope.qa_pairs.AddQaPair(request)).qa_pair))


@group.command("import")
@bot_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@on_chatbot
async def import_(scope: ChatbotScope, file: Path) -> None:
    """Add the pairs of a CSV FILE.

    Its columns are question, answer and, optionally, url and title. The answer of a question that is there already is
    replaced. Wrong rows are named by their lines; the others are added.
    """
    try:
        rows = read_pairs(file)
    except NoTable as error:
        raise CommandFailed(f"{file.name} can't be imported: {error}.") from error
    except OSError as error:
        raise CommandFailed(f"{file.name} can't be read: {error.strerror}.") from error
    _report(file, await _import_rows(scope, rows))


@group.command("list")
@bot_option
@on_chatbot
async def list_(scope: ChatbotScope) -> None:
    """List pairs, oldest first."""
    pairs = await all_rows(scope.qa_pairs.ListQaPairs, retrieval_pb2.ListQaPairsRequest())
    empty = f"No pairs yet. Add one: chatmount qa add --bot {scope.chatbot_id} --question Q --answer A"
    output.show_list("qa_pairs", [shape(pair) for pair in pairs], COLUMNS, empty)


@group.command()
@bot_option
@click.argument("pair")
@on_chatbot
async def remove(scope: ChatbotScope, pair: str) -> None:
    """Remove PAIR (its id)."""
    with explain_missing("pair", pair, f"chatmount qa list --bot {scope.chatbot_id}"):
        await scope.qa_pairs.RemoveQaPair(retrieval_pb2.RemoveQaPairRequest(qa_pair_id=pair))
    output.show({"id": pair, "removed": True}, f"Removed {pair}.")


@dataclass(slots=True)
class _Imported:
    """The pairs of a file as they are now, by their ids, in its order, and its wrong rows."""

    pairs: dict[str, retrieval_pb2.QaPair] = field(default_factory=dict)
    wrong: list[WrongRow] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=lambda: Counter(added=0, replaced=0, unchanged=0))


async def _import_rows(scope: ChatbotScope, rows: Sequence[Pair | WrongRow]) -> _Imported:
    """Adds the pairs that are not there yet. One that is refused does not stop the others.

    CommandFailed when the service stays away; what was added until then stays, and is not added twice.
    """
    there = await all_rows(scope.qa_pairs.ListQaPairs, retrieval_pb2.ListQaPairsRequest())
    known = {(pair.question, pair.answer, pair.url, pair.title): pair for pair in there}
    ids = {pair.id for pair in there}
    done = _Imported()
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


def _report(file: Path, done: _Imported) -> None:
    """Prints the pairs, and ends in CommandFailed when there was an invalid row."""
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
