"""`chatmount usage`: what an account has used."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import click
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import AccountScope, Stack, account_option, on_stack
from services.cli.failures import wrong_usage
from services.cli.grammar import Command
from services.cli.options.times import Day
from services.cli.output import output
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import fields, listing

COLUMNS = {
    "chatbot": "chatbot_id",
    "name": "name",
    "credits this month": "credits_used",
    "requests today": "requests_today",
    "daily cap": "requests_per_day",
}
DAILY_COLUMNS = {
    "day (UTC)": "day",
    "chatbot": "chatbot_id",
    "name": "name",
    "channel": "channel",
    "credits": "credits_used",
    "reserved": "credits_reserved",
}


@click.command(cls=Command)
@account_option
@click.option("--daily", is_flag=True, help="Show the credits by day, chatbot and channel instead.")
@click.option("--since", type=Day(), help="With --daily: the first day (UTC). The default is the first of the month.")
@click.option("--until", type=Day(), help="With --daily: the last day (UTC). The default is today.")
@on_stack
async def usage(stack: Stack, account: str, daily: bool, since: str | None, until: str | None) -> None:
    """Show the credits an account has used this month (UTC) and its requests today."""
    if (since or until) and not daily:
        raise wrong_usage("--since and --until are for --daily.")
    scope = await stack.account(account)
    listed = await all_rows(stack.chatbots.ListChatbots, auth_pb2.ListChatbotsRequest(account_id=account))
    names = {chatbot.id: chatbot.name for chatbot in listed}
    if daily:
        await _show_days(scope, names, since, until)
    else:
        await _show_month(scope, names)


async def _show_days(scope: AccountScope, names: Mapping[str, str], since: str | None, until: str | None) -> None:
    until = until or f"{datetime.now(UTC):%Y-%m-%d}"
    request = quota_pb2.ListDailyCreditsRequest(since_day=since or f"{until[:7]}-01", until_day=until)
    days = [shape(one) for one in (await scope.quota.ListDailyCredits(request)).days]
    _name(days, names)
    value = {"account_id": scope.account_id, "days": days}
    output.show(value, listing(days, DAILY_COLUMNS, "No credits were used on these days."))


async def _show_month(scope: AccountScope, names: Mapping[str, str]) -> None:
    value = shape(await scope.quota.GetUsage(quota_pb2.GetUsageRequest()))
    _name(value["chatbots"], names)
    total = {
        "account": scope.account_id,
        "month": value["month"],
        "credits used": value["credits_used"],
        "reserved": value["credits_reserved"],
        "remaining": _or_unlimited(value["credits_remaining"]),
        "per month": _or_unlimited(value["credits_per_month"]),
        "given on top": value["credits_granted"],
    }
    grid = listing(value["chatbots"], COLUMNS, "No chatbot was used this month.")
    output.show({"account_id": scope.account_id} | value, Lines(fields(total), Text(), grid))


def _name(values: Iterable[Shape], names: Mapping[str, str]) -> None:
    """Writes the chatbot's name into each; None where the chatbot is gone."""
    for value in values:
        value["name"] = names.get(value["chatbot_id"])


def _or_unlimited(credits: object) -> object:
    return "unlimited" if credits is None else credits
