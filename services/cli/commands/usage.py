"""`chatmount usage`: what an account has used."""

import click
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, account_option, on_stack
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.shapes import shape
from services.cli.output.tables import fields, listing

COLUMNS = {
    "chatbot": "chatbot_id",
    "name": "name",
    "credits this month": "credits_used",
    "requests today": "requests_today",
    "daily cap": "requests_per_day",
}


@click.command(cls=Command)
@account_option
@on_stack
async def usage(stack: Stack, account: str) -> None:
    """Show the credits an account has used this month (UTC) and its requests today."""
    scope = await stack.account(account)
    value = shape(await scope.quota.GetUsage(quota_pb2.GetUsageRequest()))
    listed = await all_rows(stack.chatbots.ListChatbots, auth_pb2.ListChatbotsRequest(account_id=account))
    names = {chatbot.id: chatbot.name for chatbot in listed}
    for chatbot in value["chatbots"]:
        chatbot["name"] = names.get(chatbot["chatbot_id"])
    total = {
        "account": account,
        "month": value["month"],
        "credits used": value["credits_used"],
        "reserved": value["credits_reserved"],
        "remaining": _or_unlimited(value["credits_remaining"]),
        "per month": _or_unlimited(value["credits_per_month"]),
        "given on top": value["credits_granted"],
    }
    grid = listing(value["chatbots"], COLUMNS, "No chatbot was used this month.")
    output.show({"account_id": account} | value, Lines(fields(total), Text(), grid))


def _or_unlimited(credits: object) -> object:
    return "unlimited" if credits is None else credits
