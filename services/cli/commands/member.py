"""`chatmount member`: who may do what in an account."""

import click
from chatmount.access.v1.access_pb2 import MemberRole
from chatmount.auth.v1 import people_pb2
from rich.console import Group as Lines

from services.cli.calls.pages import pages
from services.cli.calls.stack import USERS, AccountScope, account_option, on_account
from services.cli.failures import explain_missing
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.links import show_link
from services.cli.output.shapes import shape
from services.cli.output.streams import check_room
from services.cli.output.tables import Columns, listing
from services.written_times import moment

ROLES = ("viewer", "editor", "owner")
MEMBERS: Columns = {
    "user": lambda member: member["user"]["id"],
    "e-mail": lambda member: member["user"]["email"],
    "name": lambda member: member["user"]["name"],
    "role": "role",
    "enabled": lambda member: member["user"]["enabled"],
    "since (UTC)": "created_at",
}
INVITATIONS: Columns = {
    "invitation": "id",
    "e-mail": "email",
    "role": "role",
    "invited by": "created_by",
    "until (UTC)": "expires_at",
}

role_option = click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do there.")


@click.group(cls=Group, name="member")
def group() -> None:
    """Members of an account: viewers read, editors work, owners decide."""


@group.command("list")
@account_option
@on_account
async def list_(scope: AccountScope) -> None:
    """List the members of an account, and the invitations that are open."""
    listed = [page async for page in pages(scope.members.ListMembers, people_pb2.ListMembersRequest())]
    members = [shape(one) for page in listed for one in page.members]
    invitations = [shape(one) for page in listed for one in page.invitations]
    empty = f"No members yet. Invite one: chatmount member invite EMAIL --role owner --account {scope.account_id}"
    tables = [listing(members, MEMBERS, empty), *([listing(invitations, INVITATIONS)] if invitations else [])]
    output.show({"members": members, "invitations": invitations}, Lines(*tables))


@group.command()
@click.argument("email")
@role_option
@account_option
@on_account
async def add(scope: AccountScope, email: str, role: str) -> None:
    """Make the user with this EMAIL a member, or give one another role."""
    with explain_missing("user", email, USERS):
        response = await scope.members.AddMember(people_pb2.AddMemberRequest(email=email, role=_number(role)))
    output.show_one(shape(response.member))


@group.command("set-role")
@click.argument("user")
@role_option
@account_option
@on_account
async def set_role(scope: AccountScope, user: str, role: str) -> None:
    """Give USER (an id) another role, from their next click on."""
    with explain_missing("member", user, _list_command(scope)):
        request = people_pb2.SetMemberRoleRequest(user_id=user, role=_number(role))
        output.show_one(shape((await scope.members.SetMemberRole(request)).member))


@group.command()
@click.argument("user")
@account_option
@on_account
async def remove(scope: AccountScope, user: str) -> None:
    """Remove USER (an id) from an account, from their next click on."""
    with explain_missing("member", user, _list_command(scope)):
        await scope.members.RemoveMember(people_pb2.RemoveMemberRequest(user_id=user))
    output.show({"id": user, "removed": True}, f"Removed {user}.")


@group.command()
@click.argument("email")
@role_option
@account_option
@on_account
async def invite(scope: AccountScope, email: str, role: str) -> None:
    """Invite EMAIL, and show the link to pass on to them.

    It works once, for 7 days. An earlier one of the same address ends.
    """
    check_room()
    request = people_pb2.CreateInvitationRequest(email=email, role=_number(role))
    made = await scope.members.CreateInvitation(request)
    link = f"{scope.dashboard}invitation?secret={made.secret}"
    again = f"chatmount member invite {email} --role {role} --account {scope.account_id}"
    show_link(link, moment(made.invitation.expires_at), shape(made.invitation), again)


@group.command()
@click.argument("invitation")
@account_option
@on_account
async def withdraw(scope: AccountScope, invitation: str) -> None:
    """Withdraw INVITATION (its id). Its link is dead at once."""
    with explain_missing("invitation", invitation, _list_command(scope)):
        await scope.members.WithdrawInvitation(people_pb2.WithdrawInvitationRequest(invitation_id=invitation))
    output.show({"id": invitation, "withdrawn": True}, f"Withdrew {invitation}.")


def _number(role: str) -> MemberRole.ValueType:
    return MemberRole.Value(f"MEMBER_ROLE_{role.upper()}")


def _list_command(scope: AccountScope) -> str:
    return f"chatmount member list --account {scope.account_id}"
