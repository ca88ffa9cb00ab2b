"""`chatmount ledger` and `chatmount credits`: the rows that credits leave, and giving some."""

import click
from chatmount.quota.v1 import quota_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import CommandFailed
from services.cli.grammar import Group
from services.cli.options.moment import Moment
from services.cli.options.numbers import WholeNumber
from services.cli.output import output, shapes

COLUMNS = ("time (UTC)", "entry", "state", "credits", "chatbot", "key", "channel")
DRIFT_COLUMNS = ("account", "chatbot", "period", "what", "recorded", "actual")
STATES = ("reserved", "settled", "released", "expired", "granted")
PAGE_SIZE = 200


@click.group(cls=Group)
def ledger() -> None:
    """The credit ledger: every credit that was reserved, charged, given back or given."""


@ledger.command("list")
@click.option("--account", required=True, help="Id of the account.")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only in this state; repeatable.")
@click.option("--request", default="", help="Only of this request id.")
@click.option("--bot", default="", help="Only of this chatbot.")
@click.option("--since", type=Moment(), help="Only from this time (UTC) on.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most so many.")
@on_stack
async def list_(
    stack: Stack,
    account: str,
    states: tuple[str, ...],
    request: str,
    bot: str,
    since: int | None,
    until: int | None,
    limit: int,
) -> None:
    """List ledger entries, newest first."""
    scope = await stack.account(account)
    chosen = quota_pb2.ListLedgerEntriesRequest(
        states=[quota_pb2.LedgerState.Value(f"LEDGER_STATE_{state.upper()}") for state in states],
        request_id=request,
        chatbot_id=bot,
        since_ms=since or 0,
        until_ms=0 if until is None else max(until, 1),
    )
    entries = await all_rows(scope.quota.ListLedgerEntries, chosen, lambda page: list(page.entries), limit)
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
    output.show({"entries": values}, output.table(COLUMNS, rows, "The ledger is empty."))


@ledger.command()
@click.option("--account", default="", help="Only this account.")
@on_stack
async def verify(stack: Stack, account: str) -> None:
    """Add up all rows and compare the result with the stored balances; exit code 1 when they differ.

    For all accounts, also while requests run. Of one account it tells as well whether more is used than its plan
    grants, which is no fault: plans change.
    """
    quota = (await stack.account(account)).quota if account else stack.quota
    accounts = entries = 0
    drifts: list[shapes.Shape] = []
    token = ""
    while True:
        page = await quota.VerifyLedger(quota_pb2.VerifyLedgerRequest(page_size=PAGE_SIZE, page_token=token))
        accounts, entries = accounts + page.accounts, entries + page.entries
        drifts += map(shapes.ledger_drift, page.drifts)
        token = page.next_page_token
        if not token:
            break
    rows = [tuple(drift.values()) for drift in drifts]
    well = f"All sums agree: {entries} entries of {accounts} accounts."
    beyond = beyond_plan(await quota.GetUsage(quota_pb2.GetUsageRequest())) if account else None
    value = {"accounts": accounts, "entries": entries, "drifts": drifts, "beyond_plan": beyond}
    output.show(value, output.table(DRIFT_COLUMNS, rows, well))
    if beyond:
        output.note(f"{beyond} more credits are used this month than the plan of {account} grants by now.")
    if drifts:
        raise CommandFailed(f"{len(drifts)} sums of the ledger are not the sums of their rows.")


@click.group("credits", cls=Group)
def credit() -> None:
    """Credits on top of what a plan grants."""


@credit.command()
@click.argument("amount", type=WholeNumber(1))
@click.option("--account", required=True, help="Id of the account.")
@click.option("--note", default="", help="What for, at most 200 characters; stands in the ledger.")
@on_stack
async def give(stack: Stack, amount: int, account: str, note: str) -> None:
    """Give an account AMOUNT credits for this month (UTC); they end with it."""
    scope = await stack.account(account)
    granted = await scope.quota.GrantCredits(quota_pb2.GrantCreditsRequest(amount=amount, note=note))
    remaining = granted.credits_remaining if granted.HasField("credits_remaining") else None
    value = shapes.ledger_entry(granted.entry) | {"account_id": account, "credits_remaining": remaining}
    left = "credits are unlimited on its plan" if remaining is None else f"{remaining} are left this month"
    output.show(value, f"{amount} credits were given to {account}; {left}.")


def beyond_plan(usage: quota_pb2.GetUsageResponse) -> int:
    """Credits used this month that the plan, as it is now, and what was given do not cover."""
    if not usage.HasField("credits_per_month"):
        return 0
    return max(usage.credits_used + usage.credits_reserved - usage.credits_per_month - usage.credits_granted, 0)
