"""`chatmount qa`: questions with a fixed answer."""

from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.commands.qa_import import import_rows, report
from services.cli.documents.pairs import NoTable, read_pairs
from services.cli.failures import CommandFailed, explain_missing
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.shapes import shape

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
    report(file, await import_rows(scope, rows))


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
