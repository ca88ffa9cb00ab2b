"""`chatmount bot`: chatbots, and how they speak."""

from typing import Any

import click
import grpc
from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ACCOUNTS, CHATBOTS, ChatbotScope, Stack, on_stack
from services.cli.failures import explain_missing, wrong_usage
from services.cli.grammar import Group
from services.cli.options.confirmation import confirm, yes_option
from services.cli.options.numbers import Number, Resettable, WholeNumber
from services.cli.output import output
from services.cli.output.shapes import Shape, shape
from services.trust.principal import Channel

COLUMNS = {
    "chatbot": "id",
    "name": "name",
    "account": "account_id",
    "enabled": "enabled",
    "created (UTC)": "created_at",
}


@click.group(cls=Group, name="bot")
def group() -> None:
    """Chatbots: what keys, sources and sessions belong to."""


@group.command()
@click.argument("name")
@click.option("--account", required=True, help="Id of the account that pays.")
@click.option("--instructions", help="How the chatbot should answer. Only a model follows them.")
@click.option("--fallback", help="The answer when nothing relevant is found.")
@click.option("--language", help="Two-letter code of the language of its pages and questions. The default is en.")
@on_stack
async def create(
    stack: Stack, name: str, account: str, instructions: str | None, fallback: str | None, language: str | None
) -> None:
    """Create a chatbot called NAME."""
    request = auth_pb2.CreateChatbotRequest(account_id=account, name=name)
    with explain_missing("account", account, ACCOUNTS):
        response = await stack.chatbots.CreateChatbot(request)
    value = shape(response.chatbot)
    change = chat_pb2.UpdateProfileRequest(instructions=instructions, fallback=fallback)
    if change.ListFields() or language is not None:
        try:
            value |= await _update(stack, response.chatbot.id, change, language)
        except grpc.aio.AioRpcError:
            # All of the command or none of it: a second try must not leave two chatbots.
            await stack.chatbots.DeleteChatbot(auth_pb2.DeleteChatbotRequest(chatbot_id=response.chatbot.id))
            raise
    output.show_one(value)


@group.command("list")
@click.option("--account", default="", help="Only the chatbots of this account.")
@on_stack
async def list_(stack: Stack, account: str) -> None:
    """List chatbots, oldest first."""
    chatbots = await all_rows(stack.chatbots.ListChatbots, auth_pb2.ListChatbotsRequest(account_id=account))
    empty = "No chatbots yet. Create one: chatmount bot create NAME --account ID"
    output.show_list("chatbots", [shape(chatbot) for chatbot in chatbots], COLUMNS, empty)


@group.command()
@click.argument("bot")
@on_stack
async def show(stack: Stack, bot: str) -> None:
    """Show BOT and how it speaks."""
    scope = await stack.chatbot(bot)
    response = await stack.chatbots.GetChatbot(auth_pb2.GetChatbotRequest(chatbot_id=bot))
    output.show_one(shape(response.chatbot) | await _spoken(scope))


@group.command("set")
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
    output.show_one({"id": bot} | await _update(stack, bot, change, language))


@group.command()
@click.argument("bot")
@click.argument("name")
@on_stack
async def rename(stack: Stack, bot: str, name: str) -> None:
    """Give BOT the name NAME."""
    with explain_missing("chatbot", bot, CHATBOTS):
        response = await stack.chatbots.UpdateChatbot(auth_pb2.UpdateChatbotRequest(chatbot_id=bot, name=name))
    output.show_one(shape(response.chatbot))


@group.command()
@click.argument("bot")
@on_stack
async def enable(stack: Stack, bot: str) -> None:
    """Accept requests with the keys of BOT again."""
    await _set_enabled(stack, bot, True)


@group.command()
@click.argument("bot")
@on_stack
async def disable(stack: Stack, bot: str) -> None:
    """Answer requests with the keys of BOT with 403."""
    await _set_enabled(stack, bot, False)


@group.command()
@click.argument("bot")
@yes_option
@on_stack
async def delete(stack: Stack, bot: str, yes: bool) -> None:
    """Delete BOT with its keys, sources and sessions.

    If it is interrupted, run it again.
    """
    scope = await stack.chatbot(bot)
    confirm(f"Delete the chatbot {bot} with its keys, sources and sessions?", yes)
    # Its keys stop working first, its name goes last: whenever this breaks off, a second run can finish it.
    await stack.chatbots.SetChatbotEnabled(auth_pb2.SetChatbotEnabledRequest(chatbot_id=bot, enabled=False))
    removed = await scope.sources.RemoveAllSources(retrieval_pb2.RemoveAllSourcesRequest())
    deleted = await scope.sessions.DeleteAllSessions(chat_pb2.DeleteAllSessionsRequest())
    await scope.quota.SetChannelBudget(quota_pb2.SetChannelBudgetRequest(channel=Channel.WIDGET))
    await stack.chatbots.DeleteChatbot(auth_pb2.DeleteChatbotRequest(chatbot_id=bot))
    output.show(
        {
            "id": bot,
            "deleted": True,
            "sources": removed.sources,
            "qa_pairs": removed.qa_pairs,
            "sessions": deleted.sessions,
        },
        f"Deleted {bot} with {removed.sources} sources, {removed.qa_pairs} question-and-answer pairs"
        f" and {deleted.sessions} sessions.",
    )


async def _set_enabled(stack: Stack, bot: str, enabled: bool) -> None:
    request = auth_pb2.SetChatbotEnabledRequest(chatbot_id=bot, enabled=enabled)
    with explain_missing("chatbot", bot, CHATBOTS):
        response = await stack.chatbots.SetChatbotEnabled(request)
    output.show_one(shape(response.chatbot))


async def _update(stack: Stack, bot: str, change: chat_pb2.UpdateProfileRequest, language: str | None) -> Shape:
    """Changes what is given, and gives back what it is then."""
    scope = await stack.chatbot(bot)
    value: Shape = {}
    # First what may be refused.
    if language is not None:
        request = retrieval_pb2.UpdateSettingsRequest(language=language)
        value = shape((await scope.retrieval.UpdateSettings(request)).settings)
    if change.ListFields():
        await scope.profile.UpdateProfile(change)
        value = await _spoken(scope)
    return value


async def _spoken(scope: ChatbotScope) -> Shape:
    """How it speaks, the default fallback text in its language."""
    settings = (await scope.retrieval.GetSettings(retrieval_pb2.GetSettingsRequest())).settings
    response = await scope.profile.GetProfile(chat_pb2.GetProfileRequest(language=settings.language))
    return shape(response.profile) | {"fallback": response.said_fallback} | shape(settings)
