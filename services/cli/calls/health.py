"""Whether a process is serving: a service by gRPC's standard health service, web by HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.processes import WEB
from services.config.addresses import parse_addresses
from services.observe.http_request import ask
from services.rpc.channels import CHANNEL_OPTIONS
from services.trust.transport import NAME, InternalTls, open_secure_or_not

WEB_PATH = "/healthz"
PROBE_SECONDS = 5.0
POLL_SECONDS = 0.05


class HealthProbe:
    """Asks one service again and again, over a channel that it keeps while there are answers."""

    def __init__(self, address: str, tls: InternalTls | None = None) -> None:
        self._address = address
        self._tls = tls
        self._channel: grpc.aio.Channel | None = None

    async def is_serving(self, timeout: float = PROBE_SECONDS) -> bool:
        """True when it says that it is serving. OSError when the certificates can't be read."""
        if self._channel is None:
            self._channel = open_secure_or_not(self._address, self._tls, CHANNEL_OPTIONS)
        stub: Any = health_pb2_grpc.HealthStub(self._channel)
        answered = False
        try:
            response = await stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
            answered = True
        except grpc.aio.AioRpcError:
            return False
        finally:
            if not answered:
                # The next one reads the certificates again, which may have been replaced.
                await self.aclose()
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    async def aclose(self) -> None:
        """Closes the channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()


class WebProbe:
    """Asks web in the same way."""

    def __init__(self, address: str, tls: InternalTls | None = None) -> None:
        (self._address,) = parse_addresses(address)
        self._tls = tls

    async def is_serving(self, timeout: float = PROBE_SECONDS) -> bool:
        """See `HealthProbe.is_serving`."""
        tls, name = (None, None) if self._tls is None else (self._tls.client_context(), NAME)
        try:
            async with asyncio.timeout(timeout):
                reply = await ask(self._address, "GET", WEB_PATH, tls, name)
        except (ConnectionError, TimeoutError):
            return False
        return reply.status == 200

    async def aclose(self) -> None:
        """Nothing is kept between two questions."""


Probe = HealthProbe | WebProbe


def probe_of(process: str, address: str, tls: InternalTls | None) -> Probe:
    """What asks one of PROCESSES."""
    return WebProbe(address, tls) if process == WEB else HealthProbe(address, tls)


async def is_serving(
    address: str, timeout: float = PROBE_SECONDS, tls: InternalTls | None = None, process: str = ""
) -> bool:
    """True when what is at `address` says that it is serving: web, or else a service."""
    async with aclosing(probe_of(process, address, tls)) as probe:
        return await probe.is_serving(timeout)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Returns when `condition` holds."""
    while True:
        if await condition():
            return
        await asyncio.sleep(POLL_SECONDS)
