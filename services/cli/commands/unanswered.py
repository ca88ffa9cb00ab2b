"""`chatmount unanswered`: questions that got the fallback text."""

import click
from chatmount.chat.v1 import chat_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.failures import explain_missing
from services.cli.grammar import Group
from services.cli.options.numbers import WholeNumber
from services.cli.output import output
from services.cli.output.shapes import shape

COLUMNS = {
    "id": "id",
    "question": "question",
    "times": "times",
    "last asked (UTC)": "last_asked_at",
    "session": "session_id",
    "decided by": "decided_by",
}
STATES = ("open", "answered", "not-ours")


@click.group(cls=Group, name="unanswered")
def group() -> None:
    """Questions that were answered with the fallback text, alike wordings together."""


@group.command("list")
@bot_option
@click.option("--state", type=click.Choice(STATES), default="open", show_default=True, help="Only in this state.")
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most this many.")
@on_chatbot
async def list_(scope: ChatbotScope, state: str, limit: int) -> None:
    """List questions, the most frequent first."""
    request = chat_pb2.ListUnansweredRequest(state=_state(state))
    questions = await all_rows(scope.reviews.ListUnanswered, request, limit)
    none = f"There are no questions in the state {state}."
    output.show_list("questions", [shape(question) for question in questions], COLUMNS, none)


@group.command()
@bot_option
@click.argument("question")
@click.option("--state", type=click.Choice(STATES), required=True, help="The decision; open takes one back.")
@on_chatbot
async def resolve(scope: ChatbotScope, question: str, state: str) -> None:
    """Decide on QUESTION (its id) in all of its wordings.

    A question that is not ours stays out of the list when it is asked again. One that was answered comes back when it
    gets the fallback text again.
    """
    request = chat_pb2.ResolveUnansweredRequest(question_id=question, state=_state(state))
    with explain_missing("question", question, f"chatmount unanswered list --bot {scope.chatbot_id}"):
        output.show_one(shape((await scope.reviews.ResolveUnanswered(request)).question))


def _state(word: str) -> chat_pb2.ReviewState.ValueType:
    return chat_pb2.ReviewState.Value(f"REVIEW_STATE_{word.upper().replace('-', '_')}")
