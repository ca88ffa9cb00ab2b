"""`chatmount bot set`: how a chatbot speaks and is searched."""

from typing import Any

import click
from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import wrong_usage
from services.cli.grammar import Command
from services.cli.options.numbers import Number, Resettable, WholeNumber
from services.cli.output import output
from services.cli.output.shapes import Shape, shape


@click.command("set", cls=Command)
@click.argument("bot")
@click.option("--instructions", help="How the chatbot should answer. Only a model follows them.")
@click.option("--fallback", help="The answer when nothing relevant is found. Empty: the default text.")
@click.option(
    "--threshold",
    "abstention_threshold",
    type=Number(0, 1),
    help="How sure it must be to answer: 0 answers always, 1 hardly ever. The default is 0.4.",
)
@click.option("--model", help="The language model that writes its answers. Empty: that of the settings.")
@click.option(
    "--temperature",
    type=Resettable(Number(0, 2), -1.0),
    help="The model's temperature, 0 to 2, or 'default': that of the settings.",
)
@click.option(
    "--answer-tokens",
    type=Resettable(WholeNumber(16, 100_000), 0),
    help="The longest answer of the model in tokens, or 'default': that of the settings.",
)
@click.option("--language", help="Two-letter code of the language of its pages and questions.")
@on_stack
async def set_(stack: Stack, bot: str, language: str | None, **profile: Any) -> None:
    """Change how BOT speaks and is searched. What is not given stays.

    With another language its sources are indexed again in the background. Until all are done, the old index serves.
    """
    change = chat_pb2.UpdateProfileRequest(**profile)
    if not change.ListFields() and language is None:
        raise wrong_usage(
            "Nothing to change: give --instructions, --fallback, --threshold, --language or an option of the model."
        )
    output.show_one({"id": bot} | await update(stack, bot, change, language))


async def update(stack: Stack, bot: str, change: chat_pb2.UpdateProfileRequest, language: str | None) -> Shape:
    """Changes what is given, and gives back all of what was changed."""
    scope = await stack.chatbot(bot)
    value: Shape = {}
    # First what may be refused.
    if language is not None:
        settings = await scope.retrieval.UpdateSettings(retrieval_pb2.UpdateSettingsRequest(language=language))
        value = shape(settings.settings)
    if change.ListFields():
        response = await scope.profile.UpdateProfile(change)
        value = shape(response.profile) | value
    return value
