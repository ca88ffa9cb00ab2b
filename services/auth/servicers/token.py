"""TokenService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import auth_pb2_grpc

from services.auth.people.member_tokens import MemberTokens
from services.auth.scope import current_scope
from services.auth.scoped_tokens import ScopedTokens
from services.auth.servicers.messages import account_message, chatbot_message, id_in
from services.auth.servicers.people_messages import caller_message, role_number
from services.errors import invalid


class TokenServicer(auth_pb2_grpc.TokenServiceServicer):
    """See auth.proto."""

    def __init__(self, tokens: ScopedTokens, member_tokens: MemberTokens) -> None:
        self._tokens = tokens
        self._member_tokens = member_tokens

    async def IssueScopedToken(self, request: pb.IssueScopedTokenRequest, context: Any) -> pb.IssueScopedTokenResponse:
        match request.WhichOneof("scope"):
            case "chatbot_id":
                issued = await self._tokens.for_chatbot(current_scope(), id_in(request, "chatbot_id"))
            case "account_id":
                issued = await self._tokens.for_account(current_scope(), id_in(request, "account_id"))
            case _:
                raise invalid("Name a chatbot_id or an account_id.")
        return pb.IssueScopedTokenResponse(token=issued.token, expires_at=issued.expires_at)

    async def IssueMemberToken(self, request: pb.IssueMemberTokenRequest, context: Any) -> pb.IssueMemberTokenResponse:
        match request.WhichOneof("scope"):
            case "chatbot_id":
                issued = await self._member_tokens.for_chatbot(id_in(request, "chatbot_id"))
            case "account_id":
                issued = await self._member_tokens.for_account(id_in(request, "account_id"))
            case _:
                raise invalid("Name a chatbot_id or an account_id.")
        return pb.IssueMemberTokenResponse(
            token=issued.token.token,
            expires_at=issued.token.expires_at,
            role=role_number(issued.role),
            account=account_message(issued.account),
            chatbot=None if issued.chatbot is None else chatbot_message(issued.chatbot),
            caller=caller_message(issued.user),
        )

    async def IssueOperatorToken(
        self, request: pb.IssueOperatorTokenRequest, context: Any
    ) -> pb.IssueOperatorTokenResponse:
        issued, user = await self._member_tokens.for_operator()
        return pb.IssueOperatorTokenResponse(
            token=issued.token, expires_at=issued.expires_at, caller=caller_message(user)
        )
