"""AccountService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.fields import check_id
from services.auth.scope import OperatorScope
from services.auth.servicers.messages import account_message
from services.rpc.pages import page_position, page_size, page_token
from services.trust.principal import current_principal


class AccountServicer(auth_pb2_grpc.AccountServiceServicer):
    """See auth.proto."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def CreateAccount(
        self, request: auth_pb2.CreateAccountRequest, context: Any
    ) -> auth_pb2.CreateAccountResponse:
        account = await self._accounts.create(_scope(), request.name, request.plan)
        return auth_pb2.CreateAccountResponse(account=account_message(account))

    async def GetAccount(self, request: auth_pb2.GetAccountRequest, context: Any) -> auth_pb2.GetAccountResponse:
        account = await self._accounts.get(_scope(), _account_id(request.account_id))
        return auth_pb2.GetAccountResponse(account=account_message(account))

    async def ListAccounts(self, request: auth_pb2.ListAccountsRequest, context: Any) -> auth_pb2.ListAccountsResponse:
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        page = await self._accounts.list(_scope(), after, size)
        return auth_pb2.ListAccountsResponse(
            accounts=[account_message(account) for account in page.items],
            next_page_token=page_token(page.next_position) if page.next_position is not None else "",
        )

    async def SetAccountPlan(
        self, request: auth_pb2.SetAccountPlanRequest, context: Any
    ) -> auth_pb2.SetAccountPlanResponse:
        account = await self._accounts.set_plan(_scope(), _account_id(request.account_id), request.plan)
        return auth_pb2.SetAccountPlanResponse(account=account_message(account))

    async def DeleteAccount(
        self, request: auth_pb2.DeleteAccountRequest, context: Any
    ) -> auth_pb2.DeleteAccountResponse:
        await self._accounts.delete(_scope(), _account_id(request.account_id))
        return auth_pb2.DeleteAccountResponse()


def _scope() -> OperatorScope:
    return OperatorScope.of(current_principal())


def _account_id(text: str) -> str:
    return check_id(text, "account_id", "account")
