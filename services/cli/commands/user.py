"""`chatmount user`: people who can sign in to the dashboard."""

import click
from chatmount.auth.v1 import auth_pb2, people_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ACCOUNTS, USERS, Stack, on_stack
from services.cli.failures import CommandFailed, explain_missing, wrong_usage
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.links import show_link
from services.cli.output.shapes import Shape, shape
from services.cli.output.streams import check_room
from services.cli.output.tables import Columns
from services.written_times import moment

COLUMNS: Columns = {
    "user": "id",
    "e-mail": "email",
    "name": "name",
    "operator": "is_operator",
    "enabled": "enabled",
    "created (UTC)": "created_at",
    "last seen": "last_seen_at",
}


@click.group(cls=Group, name="user")
def group() -> None:
    """People who can sign in to the dashboard."""


@group.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--operator", is_flag=True, help="They run the installation: an owner of every account, and more.")
@on_stack
async def create(stack: Stack, email: str, name: str, operator: bool) -> None:
    """Create a user and show the link by which they sign in first."""
    check_room()
    request = people_pb2.CreateUserRequest(email=email, name=name, is_operator=operator)
    user = (await stack.users.CreateUser(request)).user
    await _show_link(stack, user.id, shape(user))


@group.command("list")
@on_stack
async def list_(stack: Stack) -> None:
    """List all users, oldest first."""
    users = await all_rows(stack.users.ListUsers, people_pb2.ListUsersRequest())
    empty = "No users yet. Make a link for the first one: chatmount user link --first"
    output.show_list("users", [shape(user) for user in users], COLUMNS, empty)


@group.command()
@click.argument("user")
@on_stack
async def enable(stack: Stack, user: str) -> None:
    """Let USER (an id) sign in again."""
    await _set_enabled(stack, user, True)


@group.command()
@click.argument("user")
@on_stack
async def disable(stack: Stack, user: str) -> None:
    """Let USER (an id) sign in no more. Their sessions end at once."""
    await _set_enabled(stack, user, False)


@group.command()
@click.argument("user", required=False)
@click.option("--first", is_flag=True, help="For the first user: an operator who owns the account.")
@click.option("--account", default="", help="With --first: the account; not needed when there is one only.")
@on_stack
async def link(stack: Stack, user: str | None, first: bool, account: str) -> None:
    """Show a link by which USER (an id) sets a new password.

    It works once, for 15 minutes. An earlier one of the same user ends.
    """
    if (user is not None) == first:
        raise wrong_usage("Give a user, or --first.")
    if account and not first:
        raise wrong_usage("--account goes with --first.")
    check_room()
    if user is not None:
        await _show_link(stack, user, {"id": user})
        return
    account = account or await _only_account(stack)
    request = people_pb2.CreateSignInLinkRequest(first_owner_of=account)
    with explain_missing("account", account, ACCOUNTS):
        made = await stack.users.CreateSignInLink(request)
    _show(stack, made, {"account_id": account}, "chatmount user link --first")


async def _set_enabled(stack: Stack, user: str, enabled: bool) -> None:
    with explain_missing("user", user, USERS):
        request = people_pb2.SetUserEnabledRequest(user_id=user, enabled=enabled)
        output.show_one(shape((await stack.users.SetUserEnabled(request)).user))


async def _only_account(stack: Stack) -> str:
    accounts = await all_rows(stack.accounts.ListAccounts, auth_pb2.ListAccountsRequest(), 2)
    if len(accounts) != 1:
        why = "There are several accounts" if accounts else "There is no account yet"
        raise CommandFailed(f"{why}: name one with --account; `{ACCOUNTS}` shows those there are.")
    return str(accounts[0].id)


async def _show_link(stack: Stack, user: str, value: Shape) -> None:
    with explain_missing("user", user, USERS):
        made = await stack.users.CreateSignInLink(people_pb2.CreateSignInLinkRequest(user_id=user))
    _show(stack, made, value, f"chatmount user link {user}")


def _show(stack: Stack, made: people_pb2.CreateSignInLinkResponse, value: Shape, again: str) -> None:
    show_link(f"{stack.dashboard}link?secret={made.secret}", moment(made.expires_at), value, again)
