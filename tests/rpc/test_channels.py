"""Channels between services share no connection."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.up.ports import ReservedPort
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.serving import serving
from tests.waiting import PATIENCE

OPERATOR = Principal(Role.ROLE_OPERATOR)


async def is_serving(channel: grpc.aio.Channel) -> bool:
    request = health_pb2.HealthCheckRequest()
    response = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=PATIENCE)  # type: ignore[no-untyped-call]
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
