"""Every method of the Auth process is closed to callers that may not call it."""

from typing import Any

import grpc
from auth_harness import METHODS, Auth, refusal_of
from envoy.service.auth.v3 import external_auth_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.trust.principal import Principal, Role
from tests.each import for_each

CHECK = external_auth_pb2.DESCRIPTOR.services_by_name["Authorization"].methods_by_name["Check"]
OURS = list(METHODS.values())
ROLES = [role for role in Role.values() if role != Role.ROLE_UNSPECIFIED]
OPERATOR, WEB, USER, MEMBER = Role.ROLE_OPERATOR, Role.ROLE_WEB, Role.ROLE_USER, Role.ROLE_MEMBER

# What stands here is not read from the protos, so a method that is opened to others by mistake is found out.
ALLOWED = {
    (Role.ROLE_EDGE,): "Check",
    (WEB,): "SignIn GetSignInLink UseSignInLink GetInvitation AcceptInvitation OpenFrame AdmitVisitor",
    (USER,): "GetMe UpdateMe ChangePassword ListMyAccounts ListMySessions EndMySessions IssueMemberToken "
    "IssueOperatorToken",
    (OPERATOR,): "CreateUser ListUsers SetUserEnabled CreateSignInLink AddMember CreateAccount ListAccounts "
    "SetAccountPlan DeleteAccount IssueScopedToken",
    (
        OPERATOR,
        MEMBER,
    ): "GetAccount CreateChatbot GetChatbot ListChatbots UpdateChatbot SetChatbotEnabled DeleteChatbot "
    "CreateApiKey ListApiKeys RotateApiKey RevokeApiKey SetApiKeyAllowlist ListAuditEvents ListMembers SetMemberRole "
    "RemoveMember GetMember CreateInvitation GetOpenInvitation WithdrawInvitation GetWidget UpdateWidget RenewWidgetId",
}


def allowed(method: MethodDescriptor) -> tuple[Any, ...]:
    (roles,) = (roles for roles, names in ALLOWED.items() if method.name in names.split())
    return roles


def call(auth: Auth, method: MethodDescriptor, token: str) -> Any:
    """An empty request with this token; "" for none."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def send() -> Any:
        async with grpc.aio.insecure_channel(auth.address) as channel:
            return await channel.unary_unary(path)(b"", metadata=metadata)

    return send()


@for_each("method", [*OURS, CHECK])
async def test_a_method_is_closed_to_all_but_its_roles(auth: Auth, method: MethodDescriptor) -> None:
    assert (await refusal_of(call(auth, method, ""))).code() == grpc.StatusCode.UNAUTHENTICATED
    assert (await refusal_of(call(auth, method, "not-a-token"))).code() == grpc.StatusCode.UNAUTHENTICATED
    for role in ROLES:
        token = auth.signer.sign(Principal(role, "acct_1", "bot_1", "key_1", "plus", "api"))
        if role not in allowed(method):
            assert (await refusal_of(call(auth, method, token))).code() == grpc.StatusCode.PERMISSION_DENIED


async def test_an_api_key_opens_no_internal_method(auth: Auth) -> None:
    secret = (await auth.new_key()).secret
    for method in (*OURS, CHECK):
        assert (await refusal_of(call(auth, method, secret))).code() == grpc.StatusCode.UNAUTHENTICATED
