"""`chatmount search`: what the retriever finds, and why it ranks it so."""

import click
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.stack import Stack, on_stack
from services.cli.grammar import Command
from services.cli.options.numbers import WholeNumber
from services.cli.output import output, shapes

COLUMNS = ("#", "fused", "lexical", "vector", "sentence", "passage")
EXCERPT = 160
"""Columns of a terminal; Chinese characters take two."""


@click.command(cls=Command)
@click.argument("query")
@click.option("--bot", required=True, help="Id of the chatbot.")
@click.option("--limit", type=WholeNumber(1, 50), default=8, show_default=True, help="Passages to show.")
@click.option("--previous", multiple=True, help="What the user said before, oldest first; repeatable.")
@click.option("--sentences", is_flag=True, help="With --json: every sentence with its scores.")
@on_stack
async def search(stack: Stack, query: str, bot: str, limit: int, previous: tuple[str, ...], sentences: bool) -> None:
    """Show the passages that are found for QUERY, with the scores that rank them."""
    scope = await stack.chatbot(bot)
    response = await scope.retrieval.Search(
        retrieval_pb2.SearchRequest(query=query, previous_user_turns=previous, limit=limit, include_sentences=sentences)
    )
    passages = [shapes.passage(passage, sentences=sentences) for passage in response.passages]
    match: shapes.Shape | None = None
    if response.HasField("qa_match"):
        match = shapes.qa_pair(response.qa_match.pair) | {"similarity": response.qa_match.similarity}
    rows = [passage_row(number, passage) for number, passage in enumerate(response.passages, 1)]
    found = output.table(COLUMNS, rows, "Nothing was found; has the chatbot any enabled sources?")
    lines = [found]
    if match is not None:
        lines.insert(0, Text(output.one_line(f"The fixed answer of {match['question']!r} matches.\n")))
    output.show({"passages": passages, "qa_match": match}, Lines(*lines))


def passage_row(number: int, passage: retrieval_pb2.Passage) -> tuple[object, ...]:
    """The cells of a passage, under COLUMNS."""
    scores = passage.scores
    return (
        number,
        scores.fused,
        scores.lexical if scores.HasField("lexical") else None,
        scores.vector if scores.HasField("vector") else None,
        scores.sentence if scores.HasField("sentence") else None,
        _excerpt(passage),
    )


def _excerpt(passage: retrieval_pb2.Passage) -> Text:
    """The title and headings, and below them how the passage begins: beside each other they have no room."""
    text = Text(output.one_line(passage.text))
    text.truncate(EXCERPT, overflow="ellipsis")
    path = Text(output.one_line(" › ".join([passage.title, *passage.headings])), style="bold")
    return output.Prose().append_text(path).append("\n").append_text(text)
