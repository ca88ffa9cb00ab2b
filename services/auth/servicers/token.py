"""TokenService: exchanges an operator's token for one that names a tenant."""

from dataclasses import replace
from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.chatbots import Chatbots
from services.auth.scope import OperatorScope, current_scope
from services.auth.servicers.messages import id_in
from services.clock import Clock
from services.errors import invalid
from services.trust.principal import Principal, Role, current_principal
from services.trust.principal_tokens import TokenSigner

TTL_SECONDS = 300


class TokenServicer(auth_pb2_grpc.TokenServiceServicer):
    """See auth.proto. A scoped token gets none that reaches further, nor one that outlives it."""

    def __init__(self, accounts: Accounts, chatbots: Chatbots, signer: TokenSigner, clock: Clock) -> None:
        self._accounts = accounts
        self._chatbots = chatbots
        self._signer = signer
        self._clock = clock

    async def IssueScopedToken(
        self, request: auth_pb2.IssueScopedTokenRequest, context: Any
    ) -> auth_pb2.IssueScopedTokenResponse:
        caller, scope = current_principal(), current_scope()
        principal = await self._principal(scope, request)
        principal = replace(principal, subject=caller.subject)
        now = int(self._clock())
        ends_at = now + TTL_SECONDS
        if not scope.is_everything:
            # Else a token that leaked once could be renewed without end.
            ends_at = min(ends_at, caller.expires_at)
        token = self._signer.sign(principal, ends_at - now)
        return auth_pb2.IssueScopedTokenResponse(token=token, expires_at=ends_at)

    async def _principal(self, scope: OperatorScope, request: auth_pb2.IssueScopedTokenRequest) -> Principal:
        match request.WhichOneof("scope"):
            case "chatbot_id":
                chatbot_id = id_in(request, "chatbot_id")
                chatbot, account = await self._chatbots.get_with_account(scope, chatbot_id)
                return Principal(Role.ROLE_OPERATOR, account.id, chatbot.id, plan=account.plan)
            case "account_id":
                account = await self._accounts.get(scope, id_in(request, "account_id"))
                return Principal(Role.ROLE_OPERATOR, account.id, plan=account.plan)
            case _:
                raise invalid("Name a chatbot_id or an account_id.")
