"""`chatmount account`: who pays, and on which plan."""

from collections.abc import Awaitable
from typing import Any

import click
from chatmount.auth.v1 import auth_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ACCOUNTS, Stack, on_stack
from services.cli.failures import explain_missing
from services.cli.grammar import Group
from services.cli.options.confirmation import confirm, yes_option
from services.cli.output import output
from services.cli.output.shapes import shape

COLUMNS = {"account": "id", "name": "name", "plan": "plan", "created (UTC)": "created_at"}


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
    output.show_one(shape(response.account))


@group.command("list")
@on_stack
async def list_(stack: Stack) -> None:
    """List all accounts, oldest first."""
    accounts = await all_rows(stack.accounts.ListAccounts, auth_pb2.ListAccountsRequest())
    empty = "No accounts yet. Create one: chatmount account create NAME --plan plus"
    output.show_list("accounts", [shape(account) for account in accounts], COLUMNS, empty)


@group.command()
@click.argument("account")
@on_stack
async def show(stack: Stack, account: str) -> None:
    """Show ACCOUNT."""
    await _show(account, stack.accounts.GetAccount(auth_pb2.GetAccountRequest(account_id=account)))


@group.command("set-plan")
@click.argument("account")
@click.argument("plan")
@on_stack
async def set_plan(stack: Stack, account: str, plan: str) -> None:
    """Move ACCOUNT to PLAN, from the next request on."""
    await _show(account, stack.accounts.SetAccountPlan(auth_pb2.SetAccountPlanRequest(account_id=account, plan=plan)))


@group.command()
@click.argument("account")
@yes_option
@on_stack
async def delete(stack: Stack, account: str, yes: bool) -> None:
    """Delete ACCOUNT, which must have no chatbots left."""
    confirm(f"Delete the account {account}?", yes)
    with explain_missing("account", account, ACCOUNTS):
        await stack.accounts.DeleteAccount(auth_pb2.DeleteAccountRequest(account_id=account))
    output.show({"id": account, "deleted": True}, f"Deleted {account}.")


async def _show(account: str, call: Awaitable[Any]) -> None:
    with explain_missing("account", account, ACCOUNTS):
        output.show_one(shape((await call).account))
