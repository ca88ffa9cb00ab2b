"""TokenService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import auth_pb2_grpc

from services.auth.scope import current_scope
from services.auth.scoped_tokens import ScopedTokens
from services.auth.servicers.messages import id_in
from services.errors import invalid


class TokenServicer(auth_pb2_grpc.TokenServiceServicer):
    """See auth.proto."""

    def __init__(self, tokens: ScopedTokens) -> None:
        self._tokens = tokens

    async def IssueScopedToken(self, request: pb.IssueScopedTokenRequest, context: Any) -> pb.IssueScopedTokenResponse:
        match request.WhichOneof("scope"):
            case "chatbot_id":
                issued = await self._tokens.for_chatbot(current_scope(), id_in(request, "chatbot_id"))
            case "account_id":
                issued = await self._tokens.for_account(current_scope(), id_in(request, "account_id"))
            case _:
                raise invalid("Name a chatbot_id or an account_id.")
        return pb.IssueScopedTokenResponse(token=issued.token, expires_at=issued.expires_at)
