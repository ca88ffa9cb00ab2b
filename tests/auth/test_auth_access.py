"""Every method of the Auth process is closed to callers that may not call it."""

from typing import Any

import grpc
import pytest
from auth_harness import Auth, refusal_of
from chatmount.auth.v1 import auth_pb2
from envoy.service.auth.v3 import external_auth_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.trust.principal import Principal, Role

CHECK = external_auth_pb2.DESCRIPTOR.services_by_name["Authorization"].methods_by_name["Check"]
OURS = [method for service in auth_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods]
ROLES = [Role.ROLE_API_KEY, Role.ROLE_OPERATOR, Role.ROLE_SERVICE, Role.ROLE_EDGE]


def allowed(method: MethodDescriptor) -> int:
    return Role.ROLE_EDGE if method is CHECK else Role.ROLE_OPERATOR


def call(auth: Auth, method: MethodDescriptor, token: str) -> Any:
    """An empty request with this token; "" for none."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def send() -> Any:
        async with grpc.aio.insecure_channel(auth.address) as channel:
            return await channel.unary_unary(path)(b"", metadata=metadata)

    return send()


@pytest.mark.parametrize("method", [*OURS, CHECK], ids=lambda method: method.full_name)
async def test_a_method_is_closed_to_all_but_its_role(auth: Auth, method: MethodDescriptor) -> None:
    assert (await refusal_of(call(auth, method, ""))).code() == grpc.StatusCode.UNAUTHENTICATED
    assert (await refusal_of(call(auth, method, "not-a-token"))).code() == grpc.StatusCode.UNAUTHENTICATED
    for role in ROLES:
        token = auth.signer.sign(Principal(role, "acct_1", "bot_1", "key_1", "plus", "api"))
        if role != allowed(method):
            assert (await refusal_of(call(auth, method, token))).code() == grpc.StatusCode.PERMISSION_DENIED


async def test_an_api_key_opens_no_internal_method(auth: Auth) -> None:
    secret = (await auth.new_key()).secret
    for method in (*OURS, CHECK):
        assert (await refusal_of(call(auth, method, secret))).code() == grpc.StatusCode.UNAUTHENTICATED


def test_there_are_methods_to_close() -> None:
    assert len(OURS) == 17
