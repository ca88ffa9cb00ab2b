"""`/dashboard/`: the accounts of a person; whoever has one goes there at once."""

from dataclasses import dataclass

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.rpc.access import role_name
from services.web.dashboard.views import Account
from services.web.dashboard.visit import PAGE_SIZE, Visit


@dataclass(frozen=True, slots=True)
class Membership:
    """An account, and what the person may do there."""

    account: Account
    role: str


async def show(visit: Visit) -> web.Response:
    """The list, which the navigation asks for with `?all`."""
    request = people_pb2.ListMyAccountsRequest(page_size=PAGE_SIZE, page_token=visit.page_token)
    listed = await visit.call(visit.services.users.ListMyAccounts, request)
    memberships = [Membership(Account.of(each.account), role_name(each.role)) for each in listed.accounts]
    if len(memberships) == 1 and not visit.request.query:
        return visit.see(memberships[0].account.path)
    return visit.page("accounts.html", memberships=memberships, next_token=listed.next_page_token)
