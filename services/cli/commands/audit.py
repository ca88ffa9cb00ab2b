"""`chatmount audit`: who changed what, and when."""

import click
from chatmount.auth.v1 import auth_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.grammar import Group
from services.cli.options.numbers import WholeNumber
from services.cli.options.times import Moment
from services.cli.output import output
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import Columns


def _details(event: Shape) -> list[str]:
    lists = {name: " ".join(content) for name, content in event["details"].items() if isinstance(content, list)}
    return [f"{name}={content}" for name, content in (event["details"] | lists).items() if content]


COLUMNS: Columns = {
    "time (UTC)": "created_at",
    "who": lambda event: event["actor_email"] or event["actor"],
    "action": "action",
    "account": "account_id",
    "chatbot": "chatbot_id",
    "key": "api_key_id",
    "user": "user_id",
    "details": _details,
}


@click.group(cls=Group, name="audit")
def group() -> None:
    """The audit log: who changed which account, chatbot, key, user or member, and when."""


@group.command("list")
@click.option("--account", default="", help="Only changes of this account, its chatbots and their keys.")
@click.option("--bot", default="", help="Only changes of this chatbot and its keys.")
@click.option("--key", default="", help="Only changes of this key (its id).")
@click.option("--action", default="", help="Only this action, such as key.rotate.")
@click.option("--since", type=Moment(), help="Only from this time (UTC) on.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most this many.")
@on_stack
async def list_(
    stack: Stack, account: str, bot: str, key: str, action: str, since: int | None, until: int | None, limit: int
) -> None:
    """List events, newest first."""
    request = auth_pb2.ListAuditEventsRequest(
        account_id=account, chatbot_id=bot, api_key_id=key, action=action, since_ms=since, until_ms=until
    )
    events = await all_rows(stack.audit.ListAuditEvents, request, limit)
    output.show_list("events", [shape(event) for event in events], COLUMNS, "No such event.")
