"""Whether a process is serving: a service by gRPC's standard health service, web by HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.processes import WEB
from services.rpc.channels import CHANNEL_OPTIONS
from services.trust.transport import NAME, InternalTls, open_secure_or_not

WEB_PATH = "/healthz"
PROBE_SECONDS = 2.0
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
        self._address = address
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def is_serving(self, timeout: float = PROBE_SECONDS) -> bool:
        """See `HealthProbe.is_serving`."""
        if self._session is None:
            ssl = True if self._tls is None else self._tls.client_context()
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ssl))
        answered = False
        scheme, name = ("http", None) if self._tls is None else ("https", NAME)
        try:
            async with self._session.get(
                f"{scheme}://{self._address}{WEB_PATH}",
                server_hostname=name,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as reply:
                answered = True
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
        finally:
            if not answered:
                await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


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
