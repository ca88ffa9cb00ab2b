"""AccountService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.scope import current_scope
from services.auth.servicers.messages import account_message, id_in, position_of
from services.rpc.pages import cut_page, page_position, page_size


class AccountServicer(auth_pb2_grpc.AccountServiceServicer):
    """See auth.proto."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def CreateAccount(self, request: pb.CreateAccountRequest, context: Any) -> pb.CreateAccountResponse:
        account = await self._accounts.create(current_scope(), request.name, request.plan, request.creation_id)
        return pb.CreateAccountResponse(account=account_message(account))

    async def GetAccount(self, request: pb.GetAccountRequest, context: Any) -> pb.GetAccountResponse:
        account = await self._accounts.get(current_scope(), id_in(request, "account_id"))
        return pb.GetAccountResponse(account=account_message(account))

    async def ListAccounts(self, request: pb.ListAccountsRequest, context: Any) -> pb.ListAccountsResponse:
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        accounts, token = cut_page(await self._accounts.list(current_scope(), after, size), size, position_of)
        return pb.ListAccountsResponse(accounts=map(account_message, accounts), next_page_token=token)

    async def SetAccountPlan(self, request: pb.SetAccountPlanRequest, context: Any) -> pb.SetAccountPlanResponse:
        account = await self._accounts.set_plan(current_scope(), id_in(request, "account_id"), request.plan)
        return pb.SetAccountPlanResponse(account=account_message(account))

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, context: Any) -> pb.DeleteAccountResponse:
        await self._accounts.delete(current_scope(), id_in(request, "account_id"))
        return pb.DeleteAccountResponse()
