"""`chatmount bot set`: how a chatbot speaks and is searched."""

import click
from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import wrong_usage
from services.cli.grammar import Command
from services.cli.options.numbers import Number, WholeNumber
from services.cli.options.resettable import OrDefault
from services.cli.output import output, shapes


@click.command("set", cls=Command)
@click.argument("bot")
@click.option("--instructions", help="How the chatbot shall answer; used by model-backed answers.")
@click.option("--fallback", help="What it says when it finds nothing relevant; empty: the default text.")
@click.option(
    "--threshold",
    type=Number(0, 1),
    help="How sure it must be to answer: 0 answers always, 1 hardly ever; the default is 0.4.",
)
@click.option("--model", help="The language model that writes its answers; empty: that of the settings.")
@click.option(
    "--temperature",
    type=OrDefault(Number(0, 2), -1.0),
    help="The model's temperature, 0 to 2, or 'default': that of the settings.",
)
@click.option(
    "--answer-tokens",
    type=OrDefault(WholeNumber(16, 100_000), 0),
    help="Tokens that an answer of the model may have, or 'default': as many as the settings say.",
)
@click.option("--language", help="Two-letter code of the language of its pages and questions.")
@on_stack
async def set_(
    stack: Stack,
    bot: str,
    instructions: str | None,
    fallback: str | None,
    threshold: float | None,
    model: str | None,
    temperature: float | None,
    answer_tokens: int | None,
    language: str | None,
) -> None:
    """Change how BOT speaks and is searched; what is not given stays.

    With another language its sources are indexed anew in the background; the present one serves until all are done.
    """
    change = chat_pb2.UpdateProfileRequest(
        instructions=instructions,
        fallback=fallback,
        abstention_threshold=threshold,
        model=model,
        temperature=temperature,
        answer_tokens=answer_tokens,
    )
    if not change.ListFields() and language is None:
        raise wrong_usage(
            "Nothing to change: give --instructions, --fallback, --threshold, --language or an option of the model."
        )
    value: shapes.Shape = {"id": bot}
    value |= await update(stack, bot, change, language)
    output.show(value, output.fields(value))


async def update(stack: Stack, bot: str, change: chat_pb2.UpdateProfileRequest, language: str | None) -> shapes.Shape:
    """Changes what is given, and gives back all of what was changed."""
    scope = await stack.chatbot(bot)
    value: shapes.Shape = {}
    # First what may be refused.
    if language is not None:
        settings = await scope.retrieval.UpdateSettings(retrieval_pb2.UpdateSettingsRequest(language=language))
        value = shapes.search_settings(settings.settings)
    if change.ListFields():
        response = await scope.profile.UpdateProfile(change)
        value = shapes.profile(response.profile) | value
    return value
