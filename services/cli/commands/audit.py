"""`chatmount audit`: who changed what, and when."""

import click
from chatmount.auth.v1 import auth_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.grammar import Group
from services.cli.options.moment import Moment
from services.cli.options.numbers import WholeNumber
from services.cli.output import output, shapes

COLUMNS = ("time (UTC)", "who", "action", "account", "chatbot", "key", "details")


@click.group(cls=Group, name="audit")
def group() -> None:
    """The audit log: who changed which account, chatbot or key, and when."""


@group.command("list")
@click.option("--account", default="", help="Only what was done to this account, its chatbots and their keys.")
@click.option("--bot", default="", help="Only what was done to this chatbot and its keys.")
@click.option("--key", default="", help="Only what was done to this key (its id).")
@click.option("--action", default="", help="Only this action, such as key.rotate.")
@click.option("--since", type=Moment(), help="Only from this time (UTC) on.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most so many.")
@on_stack
async def list_(
    stack: Stack, account: str, bot: str, key: str, action: str, since: int | None, until: int | None, limit: int
) -> None:
    """List events, newest first."""
    request = auth_pb2.ListAuditEventsRequest(
        account_id=account, chatbot_id=bot, api_key_id=key, action=action, since_ms=since, until_ms=until
    )
    events = await all_rows(stack.audit.ListAuditEvents, request, lambda page: list(page.events), limit)
    values = [shapes.audit_event(event) for event in events]
    rows = [
        (
            shapes.short(value["created_at"]),
            value["actor"],
            value["action"],
            value["account_id"],
            value["chatbot_id"],
            value["api_key_id"],
            [f"{name}={_text(content)}" for name, content in value["details"].items() if content],
        )
        for value in values
    ]
    output.show({"events": values}, output.table(COLUMNS, rows, "No such event."))


def _text(content: str | list[str]) -> str:
    return content if isinstance(content, str) else " ".join(content)
