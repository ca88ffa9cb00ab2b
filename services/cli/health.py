"""Whether a gRPC service is well, by the standard health service."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.channels import CHANNEL_OPTIONS
from services.transport import InternalTls, open_secure_or_not

PROBE_SECONDS = 2.0
POLL_SECONDS = 0.05


async def is_serving(address: str, timeout: float = PROBE_SECONDS, tls: InternalTls | None = None) -> bool:
    """True when the service at `address` says that it is serving."""
    async with open_secure_or_not(address, tls, CHANNEL_OPTIONS) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            response = await stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.aio.AioRpcError:
            return False
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Returns when `condition` holds."""
    while True:
        if await condition():
            return
        await asyncio.sleep(POLL_SECONDS)
