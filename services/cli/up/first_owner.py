"""The link by which the first person signs in.

There is no default password, and nobody is the first by coming first.
"""

import grpc
from chatmount.auth.v1 import people_pb2

from services.cli.calls.stack import Stack


async def first_owner_link(stack: Stack, account_id: str) -> str:
    """A link that makes whoever uses it the account's owner; empty when there is a user."""
    users = await stack.users.ListUsers(people_pb2.ListUsersRequest(page_size=1))
    if users.users:
        return ""
    try:
        made = await stack.users.CreateSignInLink(people_pb2.CreateSignInLinkRequest(first_owner_of=account_id))
    except grpc.aio.AioRpcError as error:
        # The account was deleted, or somebody was faster.
        if error.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}:
            return ""
        raise
    return f"{stack.dashboard}link?secret={made.secret}"
