"""`chatmount qa`: questions with a fixed answer."""

from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.commands.qa_import import import_rows, report
from services.cli.documents.pairs import NoTable, read_pairs
from services.cli.failures import CommandFailed, known
from services.cli.grammar import Group
from services.cli.output import output, shapes

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
    request = retrieval_pb2.AddQaPairRequest(question=question, answer=answer, url=url, title=title)
    value = shapes.qa_pair((await scope.qa_pairs.AddQaPair(request)).qa_pair)
    output.show(value, output.fields(value))


@group.command("import")
@bot_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@on_stack
async def import_(stack: Stack, bot: str, file: Path) -> None:
    """Add the pairs of a CSV FILE with the columns question, answer and, if wanted, url and title.

    The answer of a question that is there already is replaced. Rows that are wrong are named by their lines, and the
    others are added.
    """
    try:
        rows = read_pairs(file)
    except NoTable as error:
        raise CommandFailed(f"{file.name} can't be imported: {error}.") from error
    except OSError as error:
        raise CommandFailed(f"{file.name} can't be read: {error.strerror}.") from error
    report(file, await import_rows(await stack.chatbot(bot), rows))


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
