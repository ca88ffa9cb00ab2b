"""Channels between services: whom their calls speak for, and that they share no connection."""

from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.up.ports import ReservedPort
from services.rpc.channels import PrincipalSource, act_as_service, forward_caller, open_channel
from services.trust.principal import Principal, Role, current_principal, set_current_principal
from services.trust.principal_tokens import TokenSigner
from tests.serving import serving

OPERATOR = Principal(Role.ROLE_OPERATOR)
CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")


async def is_serving(channel: grpc.aio.Channel) -> bool:
    request = health_pb2.HealthCheckRequest()
    response = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=30)  # type: ignore[no-untyped-call]
    return bool(response.status == health_pb2.HealthCheckResponse.SERVING)


async def test_a_channel_that_waits_for_a_dead_server_keeps_no_other_from_a_new_one(signer: TokenSigner) -> None:
    port = ReservedPort()
    async with open_channel(port.address, signer, lambda: OPERATOR) as old:
        while (state := old.get_state(try_to_connect=True)) is not grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            await old.wait_for_state_change(state)
        async with (
            serving(signer, address=port.address),
            open_channel(port.address, signer, lambda: OPERATOR) as new,
        ):
            assert await is_serving(new)
        port.release()


class Quota(quota_pb2_grpc.QuotaServiceServicer):
    """Passes the principal on, to see what a second hop sees."""

    seen: Principal

    async def Reserve(self, request: quota_pb2.ReserveRequest, context: Any) -> quota_pb2.ReserveResponse:
        self.seen = current_principal()
        return quota_pb2.ReserveResponse(reservation_id="rsv_1")


async def test_a_forwarded_call_carries_the_same_tenant_with_a_fresh_token(signer: TokenSigner) -> None:
    quota = Quota()
    set_current_principal(CALLER)

    async def reserve(address: str, principal: PrincipalSource) -> None:
        async with open_channel(address, signer, principal) as channel:
            await quota_pb2_grpc.QuotaServiceStub(channel).Reserve(quota_pb2.ReserveRequest(request_id="r"))

    async with serving(signer, (quota, quota_pb2_grpc.add_QuotaServiceServicer_to_server)) as address:
        await reserve(address, forward_caller)
        assert quota.seen == CALLER
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reserve(address, act_as_service)
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
