"""`chatmount account`: who pays, and on which plan."""

import click
from chatmount.auth.v1 import auth_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import known
from services.cli.grammar import Group
from services.cli.options.confirmation import confirm
from services.cli.output import output, shapes

LOOK = "chatmount account list"
COLUMNS = ("account", "name", "plan", "created (UTC)")


@click.group(cls=Group, name="account")
def group() -> None:
    """Accounts: who pays, and on which plan."""


@group.command()
@click.argument("name")
@click.option("--plan", required=True, help="Name of a plan: free, go, plus, enterprise, or of the plans file.")
@on_stack
async def create(stack: Stack, name: str, plan: str) -> None:
    """Create an account called NAME."""
    response = await stack.accounts.CreateAccount(auth_pb2.CreateAccountRequest(name=name, plan=plan))
    value = shapes.account(response.account)
    output.show(value, output.fields(value))


@group.command("list")
@on_stack
async def list_(stack: Stack) -> None:
    """List all accounts, oldest first."""
    accounts = await all_rows(
        stack.accounts.ListAccounts, auth_pb2.ListAccountsRequest(), lambda page: list(page.accounts)
    )
    values = [shapes.account(account) for account in accounts]
    rows = [(value["id"], value["name"], value["plan"], shapes.short(value["created_at"])) for value in values]
    empty = "No accounts yet. Create one: chatmount account create NAME --plan plus"
    output.show({"accounts": values}, output.table(COLUMNS, rows, empty))


@group.command()
@click.argument("account")
@on_stack
async def show(stack: Stack, account: str) -> None:
    """Show ACCOUNT."""
    with known("account", account, LOOK):
        response = await stack.accounts.GetAccount(auth_pb2.GetAccountRequest(account_id=account))
    value = shapes.account(response.account)
    output.show(value, output.fields(value))


@group.command("set-plan")
@click.argument("account")
@click.argument("plan")
@on_stack
async def set_plan(stack: Stack, account: str, plan: str) -> None:
    """Move ACCOUNT to PLAN; holds from the next request on."""
    request = auth_pb2.SetAccountPlanRequest(account_id=account, plan=plan)
    with known("account", account, LOOK):
        response = await stack.accounts.SetAccountPlan(request)
    value = shapes.account(response.account)
    output.show(value, output.fields(value))


@group.command()
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_stack
async def delete(stack: Stack, account: str, yes: bool) -> None:
    """Delete ACCOUNT, which must have no chatbots left."""
    confirm(f"Delete the account {account}?", yes)
    with known("account", account, LOOK):
        await stack.accounts.DeleteAccount(auth_pb2.DeleteAccountRequest(account_id=account))
    output.show({"id": account, "deleted": True}, f"Deleted {account}.")
