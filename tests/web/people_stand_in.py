"""What Auth and Quota are going to say of people and days, until they do."""

from typing import Any

from chatmount.auth.v1 import auth_pb2, people_pb2, people_pb2_grpc

from services.auth.servicers.token import TokenServicer
from services.errors import Text, refusal
from services.trust.principal import MemberRole, Principal, Role, current_principal

ROLES: dict[tuple[str, str], MemberRole.ValueType] = {}
ACCOUNTS: dict[str, auth_pb2.Account] = {}
CHATBOTS: dict[str, auth_pb2.Chatbot] = {}


def install(signer: Any) -> None:
    async def issue(self: Any, request: auth_pb2.IssueMemberTokenRequest, context: Any) -> Any:
        caller = current_principal()
        chatbot = CHATBOTS.get(request.chatbot_id)
        account = ACCOUNTS.get(chatbot.account_id if chatbot else request.account_id)
        role = ROLES.get((account.id, caller.subject)) if account else None
        if account is None or role is None:
            raise refusal(Text.NOT_FOUND, thing="account")
        member = Principal(
            Role.ROLE_MEMBER,
            account.id,
            chatbot.id if chatbot else "",
            subject=caller.subject,
            member_role=MemberRole.Name(role),
        )
        return auth_pb2.IssueMemberTokenResponse(token=signer.sign(member), role=role, account=account, chatbot=chatbot)

    TokenServicer.IssueMemberToken = issue


class Users(people_pb2_grpc.UserServiceServicer):
    async def GetMe(self, request: Any, context: Any) -> people_pb2.GetMeResponse:
        subject = current_principal().subject
        name = subject.removeprefix("usr_")
        user = people_pb2.User(
            id=subject,
            email=f"{name}@example.com",
            name=name.capitalize(),
            is_operator=name == "operator",
            enabled=True,
        )
        return people_pb2.GetMeResponse(user=user)
