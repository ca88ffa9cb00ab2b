"""`chatmount ledger` and `chatmount credits`: the rows that credits leave, and giving some."""

import click
from chatmount.quota.v1 import quota_pb2

from services.cli.calls.pages import all_rows, pages
from services.cli.calls.stack import AccountScope, Stack, account_option, on_account, on_stack
from services.cli.failures import CommandFailed
from services.cli.grammar import Group
from services.cli.options.numbers import WholeNumber
from services.cli.options.times import Moment
from services.cli.output import output
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import listing
from services.trust.principal import Channel

COLUMNS = {
    "time (UTC)": "created_at",
    "entry": "id",
    "state": "state",
    "credits": "amount",
    "chatbot": "chatbot_id",
    "key": "api_key_id",
    "channel": "channel",
}
DRIFT_COLUMNS = {
    "account": "account_id",
    "chatbot": "chatbot_id",
    "channel": "channel",
    "period": "period",
    "what": "what",
    "recorded": "recorded",
    "actual": "actual",
}
STATES = ("reserved", "settled", "released", "expired", "granted")
VERIFIED_AT_ONCE = 200


@click.group(cls=Group)
def ledger() -> None:
    """The credit ledger: every credit that was reserved, charged, released or granted."""


@ledger.command("list")
@account_option
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only in this state. Repeatable.")
@click.option("--request", default="", help="Only of this request id.")
@click.option("--bot", default="", help="Only of this chatbot.")
@click.option("--channel", type=click.Choice([str(channel) for channel in Channel]), help="Only of this channel.")
@click.option("--since", type=Moment(), help="Only from this time (UTC) on.")
@click.option("--until", type=Moment(), help="Only before this time (UTC).")
@click.option("--limit", type=WholeNumber(1), default=100, show_default=True, help="At most this many.")
@on_account
async def list_(
    scope: AccountScope,
    states: tuple[str, ...],
    request: str,
    bot: str,
    channel: str | None,
    since: int | None,
    until: int | None,
    limit: int,
) -> None:
    """List ledger entries, newest first."""
    chosen = quota_pb2.ListLedgerEntriesRequest(
        states=[quota_pb2.LedgerState.Value(f"LEDGER_STATE_{state.upper()}") for state in states],
        request_id=request,
        chatbot_id=bot,
        channel=channel or "",
        since_ms=since or 0,
        until_ms=0 if until is None else max(until, 1),
    )
    entries = await all_rows(scope.quota.ListLedgerEntries, chosen, limit)
    output.show_list("entries", [shape(entry) for entry in entries], COLUMNS, "The ledger is empty.")


@ledger.command()
@click.option("--account", default="", help="Only this account.")
@on_stack
async def verify(stack: Stack, account: str) -> None:
    """Add up all rows and compare the sums with the stored balances.

    The exit code is 1 when they differ. Verifies all accounts, also while requests run. For one account it also says by
    how much the use exceeds the plan, which is no fault: plans change.
    """
    quota = (await stack.account(account)).quota if account else stack.quota
    accounts = entries = 0
    drifts: list[Shape] = []
    async for page in pages(quota.VerifyLedger, quota_pb2.VerifyLedgerRequest(page_size=VERIFIED_AT_ONCE)):
        accounts, entries = accounts + page.accounts, entries + page.entries
        drifts += map(shape, page.drifts)
    well = f"All sums agree: {entries} entries of {accounts} accounts."
    beyond = beyond_plan(await quota.GetUsage(quota_pb2.GetUsageRequest())) if account else None
    value = {"accounts": accounts, "entries": entries, "drifts": drifts, "beyond_plan": beyond}
    output.show(value, listing(drifts, DRIFT_COLUMNS, well))
    if beyond:
        output.note(f"{beyond} more credits are used this month than the plan of {account} grants by now.")
    if drifts:
        raise CommandFailed(f"{len(drifts)} sums of the ledger are not the sums of their rows.")


@click.group("credits", cls=Group)
def credit() -> None:
    """Credits in addition to those of the plan."""


@credit.command()
@click.argument("amount", type=WholeNumber(1))
@account_option
@click.option("--note", default="", help="The reason, up to 200 characters. The ledger keeps it.")
@on_account
async def give(scope: AccountScope, amount: int, note: str) -> None:
    """Give an account AMOUNT credits for this month (UTC). They expire with it."""
    granted = await scope.quota.GrantCredits(quota_pb2.GrantCreditsRequest(amount=amount, note=note))
    remaining = granted.credits_remaining if granted.HasField("credits_remaining") else None
    value = shape(granted.entry) | {"account_id": scope.account_id, "credits_remaining": remaining}
    left = "credits are unlimited on its plan" if remaining is None else f"{remaining} are left this month"
    output.show(value, f"{amount} credits were given to {scope.account_id}; {left}.")


def beyond_plan(usage: quota_pb2.GetUsageResponse) -> int:
    """Credits used this month that the plan, as it is now, and what was given do not cover."""
    if not usage.HasField("credits_per_month"):
        return 0
    return max(usage.credits_used + usage.credits_reserved - usage.credits_per_month - usage.credits_granted, 0)
