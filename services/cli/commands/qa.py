"""`chatmount qa`: questions with a fixed answer."""

import csv
from pathlib import Path

import click
import grpc
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli import output, shapes
from services.cli.failures import CommandFailed, describe, known
from services.cli.grammar import Group
from services.cli.pages import all_rows
from services.cli.stack import ChatbotScope, Stack, on_stack

FIELDS = ("question", "answer", "url", "title")
COLUMNS = ("pair", "question", "answer", "url")

bot_option = click.option("--bot", required=True, help="Id of the chatbot.")


@click.group(cls=Group, name="qa")
def group() -> None:
    """Questions with a fixed answer, given word for word."""


@group.command()
@bot_option
@click.option("--question", required=True, help="Up to 2,000 characters.")
@click.option("--answer", required=True, help="Up to 8,000 characters.")
@click.option("--url", default="", help="Page to cite with the answer.")
@click.option("--title", default="", help="Title of that page; else the question.")
@on_stack
async def add(stack: Stack, bot: str, question: str, answer: str, url: str, title: str) -> None:
    """Add a pair, or replace the answer of the same question."""
    scope = await stack.chatbot(bot)
    value = await _add(scope, question, answer, url, title)
    output.show(value, output.fields(value))


@group.command("import")
@bot_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@on_stack
async def import_(stack: Stack, bot: str, file: Path) -> None:
    """Add the pairs of a CSV FILE with the columns question, answer and, if wanted, url and title."""
    rows = _read(file)
    scope = await stack.chatbot(bot)
    values: list[shapes.Shape] = []
    for row in rows:
        question, answer, url, title = (row.get(name) or "" for name in FIELDS)
        try:
            values.append(await _add(scope, question, answer, url, title))
        except grpc.aio.AioRpcError as error:
            done = f"{len(values)} of {len(rows)} pairs were added"
            raise CommandFailed(f"{file.name}, pair {len(values) + 1}: {describe(error)[0]} ({done})") from error
    output.show({"qa_pairs": values}, f"Added {len(values)} pairs.")


@group.command("list")
@bot_option
@on_stack
async def list_(stack: Stack, bot: str) -> None:
    """List pairs, oldest first."""
    scope = await stack.chatbot(bot)
    pairs = await all_rows(
        scope.qa_pairs.ListQaPairs, retrieval_pb2.ListQaPairsRequest(), lambda page: list(page.qa_pairs)
    )
    values = [shapes.qa_pair(pair) for pair in pairs]
    rows = [(value["id"], value["question"], value["answer"], value["url"]) for value in values]
    empty = f"No pairs yet. Add one: chatmount qa add --bot {bot} --question Q --answer A"
    output.show({"qa_pairs": values}, output.table(COLUMNS, rows, empty))


@group.command()
@bot_option
@click.argument("pair")
@on_stack
async def remove(stack: Stack, bot: str, pair: str) -> None:
    """Remove PAIR (its id)."""
    scope = await stack.chatbot(bot)
    with known("pair", pair, f"chatmount qa list --bot {bot}"):
        await scope.qa_pairs.RemoveQaPair(retrieval_pb2.RemoveQaPairRequest(qa_pair_id=pair))
    output.show({"id": pair, "removed": True}, f"Removed {pair}.")


def _read(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if not {"question", "answer"} <= set(reader.fieldnames or ()):
                raise CommandFailed(f"{file.name}: the first line must name the columns question and answer.")
            return list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandFailed(f"{file.name} can't be read as CSV in UTF-8: {error}") from error


async def _add(scope: ChatbotScope, question: str, answer: str, url: str, title: str) -> shapes.Shape:
    request = retrieval_pb2.AddQaPairRequest(question=question, answer=answer, url=url, title=title)
    return shapes.qa_pair((await scope.qa_pairs.AddQaPair(request)).qa_pair)
