"""`chatmount search`: what the retriever finds, and why it ranks it so."""

import click
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.grammar import Command
from services.cli.options.numbers import WholeNumber
from services.cli.output import output
from services.cli.output.cleaning import one_line
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import Prose, table

COLUMNS = ("#", "fused", "lexical", "vector", "sentence", "passage")
EXCERPT = 160
"""Columns of a terminal; Chinese characters take two."""


@click.command(cls=Command)
@click.argument("query")
@bot_option
@click.option("--limit", type=WholeNumber(1, 50), default=8, show_default=True, help="Passages to show.")
@click.option("--previous", multiple=True, help="An earlier message of the user, oldest first. Repeatable.")
@click.option("--sentences", is_flag=True, help="With --json: every sentence with its scores.")
@on_chatbot
async def search(scope: ChatbotScope, query: str, limit: int, previous: tuple[str, ...], sentences: bool) -> None:
    """Show the passages that are found for QUERY, with the scores that rank them."""
    response = await scope.retrieval.Search(
        retrieval_pb2.SearchRequest(query=query, previous_user_turns=previous, limit=limit, include_sentences=sentences)
    )
    passages = [shape(passage) for passage in response.passages]
    rows = [passage_row(number, passage) for number, passage in enumerate(passages, 1)]
    if not sentences:
        for passage in passages:
            del passage["sentences"]
    lines = [table(COLUMNS, rows, "Nothing was found; has the chatbot any enabled sources?")]
    match: Shape | None = None
    if response.HasField("qa_match"):
        match = shape(response.qa_match.pair) | {"similarity": response.qa_match.similarity}
        lines.insert(0, Text(one_line(f"The fixed answer of {match['question']!r} matches.\n")))
    output.show({"passages": passages, "qa_match": match}, Lines(*lines))


def passage_row(number: int, passage: Shape) -> tuple[object, ...]:
    """The cells of a passage, under COLUMNS."""
    return (number, *passage["scores"].values(), _excerpt(passage))


def _excerpt(passage: Shape) -> Text:
    """The title and headings, and below them the beginning of the passage."""
    text = Text(one_line(passage["text"]))
    text.truncate(EXCERPT, overflow="ellipsis")
    path = Text(one_line(" › ".join([passage["title"], *passage["headings"]])), style="bold")
    return Prose().append_text(path).append("\n").append_text(text)
