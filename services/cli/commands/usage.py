"""`chatmount usage` and `chatmount ledger`: what an account has used."""

import click
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli import output, shapes
from services.cli.grammar import Command, Group
from services.cli.pages import all_rows
from services.cli.stack import Stack, on_stack

CHATBOT_COLUMNS = ("chatbot", "name", "credits this month", "requests today", "daily cap")
LEDGER_COLUMNS = ("time (UTC)", "entry", "state", "credits", "chatbot", "key", "channel")


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
    }
    grid = output.table(CHATBOT_COLUMNS, rows, "No chatbot was used this month.")
    output.show({"account_id": account} | value, Lines(output.fields(total), Text(), grid))


@click.group(cls=Group)
def ledger() -> None:
    """The credit ledger: every credit that was reserved, charged or given back."""


@ledger.command("list")
@click.option("--account", required=True, help="Id of the account.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@on_stack
async def list_(stack: Stack, account: str, limit: int) -> None:
    """List ledger entries, newest first."""
    scope = await stack.account(account)
    entries = await all_rows(
        scope.quota.ListLedgerEntries,
        quota_pb2.ListLedgerEntriesRequest(),
        lambda page: list(page.entries),
        limit,
    )
    values = [shapes.ledger_entry(entry) for entry in entries]
    rows = [
        (
            shapes.short(value["created_at"]),
            value["id"],
            value["state"],
            value["amount"],
            value["chatbot_id"],
            value["api_key_id"],
            value["channel"],
        )
        for value in values
    ]
    output.show({"entries": values}, output.table(LEDGER_COLUMNS, rows, "The ledger is empty."))


async def _names(stack: Stack, account: str) -> dict[str, str]:
    request = auth_pb2.ListChatbotsRequest(account_id=account)
    chatbots = await all_rows(stack.chatbots.ListChatbots, request, lambda page: list(page.chatbots))
    return {chatbot.id: chatbot.name for chatbot in chatbots}


def _or_unlimited(credits: object) -> object:
    return "unlimited" if credits is None else credits
