"""TokenService: exchanges an operator's token for one that names a tenant."""

from dataclasses import replace
from typing import Any

from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.chatbots import Chatbots
from services.auth.fields import check_id
from services.auth.scope import OperatorScope
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
        caller = current_principal()
        principal = await self._principal(OperatorScope.of(caller), request)
        principal = replace(principal, subject=caller.subject)
        now = int(self._clock())
        ends_at = now + TTL_SECONDS
        if not OperatorScope.of(caller).is_everything:
            # Else a token that leaked once could be renewed for ever.
            ends_at = min(ends_at, caller.expires_at)
        token = self._signer.sign(principal, ends_at - now)
        return auth_pb2.IssueScopedTokenResponse(token=token, expires_at=ends_at)

    async def _principal(self, scope: OperatorScope, request: auth_pb2.IssueScopedTokenRequest) -> Principal:
        match request.WhichOneof("scope"):
            case "chatbot_id":
                chatbot_id = check_id(request.chatbot_id, "chatbot_id", "chatbot")
                chatbot, account = await self._chatbots.get_with_account(scope, chatbot_id)
                return Principal(Role.ROLE_OPERATOR, account.id, chatbot.id, plan=account.plan)
            case "account_id":
                account = await self._accounts.get(scope, check_id(request.account_id, "account_id", "account"))
                return Principal(Role.ROLE_OPERATOR, account.id, plan=account.plan)
            case _:
                raise invalid("Name a chatbot_id or an account_id.")
