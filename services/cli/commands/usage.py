"""`chatmount usage`: what an account has used."""

import click
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.grammar import Command
from services.cli.output import output, shapes

CHATBOT_COLUMNS = ("chatbot", "name", "credits this month", "requests today", "daily cap")


@click.command(cls=Command)
@click.option("--account", required=True, help="Id of the account.")
@on_stack
async def usage(stack: Stack, account: str) -> None:
    """Show the credits that an account has used this month (UTC), and its chatbots' requests today."""
    scope = await stack.account(account)
    value = shapes.usage(await scope.quota.GetUsage(quota_pb2.GetUsageRequest()))
    names = await _names(stack, account)
    chatbots = value["chatbots"]
    for chatbot in chatbots:
        chatbot["name"] = names.get(chatbot["chatbot_id"])
    rows = [
        (
            chatbot["chatbot_id"],
            chatbot["name"],
            chatbot["credits_used"],
            chatbot["requests_today"],
            chatbot["requests_per_day"],
        )
        for chatbot in chatbots
    ]
    total = {
        "account": account,
        "month": value["month"],
        "credits used": value["credits_used"],
        "reserved": value["credits_reserved"],
        "remaining": _or_unlimited(value["credits_remaining"]),
        "per month": _or_unlimited(value["credits_per_month"]),
        "given on top": value["credits_granted"],
    }
    grid = output.table(CHATBOT_COLUMNS, rows, "No chatbot was used this month.")
    output.show({"account_id": account} | value, Lines(output.fields(total), Text(), grid))


async def _names(stack: Stack, account: str) -> dict[str, str]:
    request = auth_pb2.ListChatbotsRequest(account_id=account)
    chatbots = await all_rows(stack.chatbots.ListChatbots, request, lambda page: list(page.chatbots))
    return {chatbot.id: chatbot.name for chatbot in chatbots}


def _or_unlimited(credits: object) -> object:
    return "unlimited" if credits is None else credits
