"""Envoy's admin interface: whether it is ready, and draining it."""

import asyncio
from pathlib import Path

from services.config.addresses import Address
from services.observe.http_request import Reply, ask

REQUEST_SECONDS = 2.0
POLL_SECONDS = 0.05


async def ask_admin(place: Path | Address, method: str, path: str, seconds: float = REQUEST_SECONDS) -> Reply:
    """Ask the interface at a socket file or an address.

    ConnectionError or TimeoutError when it does not answer.
    """
    async with asyncio.timeout(seconds):
        return await ask(place, method, path)


class EnvoyAdmin:
    """The interface at a socket file or an address.

    When it does not answer, Envoy counts as not ready, with nothing in flight.
    """

    def __init__(self, place: Path | Address) -> None:
        self._place = place

    async def answers(self) -> bool:
        """Whether Envoy's main thread runs, also when services are down."""
        return await self._ask("GET", "/server_info") is not None

    async def is_ready(self) -> bool:
        """Whether it is initialised and finds every service healthy."""
        if await self._ask("GET", "/ready") is None:
            return False
        clusters = await self._ask("GET", "/clusters") or ""
        # `auth::127.0.0.1:5001::health_flags::healthy`, one line a replica
        flags = [line.rpartition("::")[2] for line in clusters.splitlines() if "::health_flags::" in line]
        return bool(flags) and all(flag == "healthy" for flag in flags)

    async def leave(self) -> None:
        """Fail health checks, and ask clients to come back on another connection."""
        await self._ask("POST", "/healthcheck/fail")

    async def drain(self, patience: float) -> None:
        """Leave, take no more connections, and wait `patience` seconds for requests in flight."""
        await self.leave()
        await self._ask("POST", "/drain_listeners")
        try:
            async with asyncio.timeout(patience):
                while True:
                    if await self._is_idle():
                        return
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            return

    async def _is_idle(self) -> bool:
        stats = await self._ask("GET", "/stats?filter=^http\\.public\\.downstream_rq_active$") or ""
        return sum(int(line.rpartition(":")[2]) for line in stats.splitlines() if line) == 0

    async def _ask(self, method: str, path: str) -> str | None:
        try:
            reply = await ask_admin(self._place, method, path)
        except (ConnectionError, TimeoutError):
            return None
        return reply.text if reply.status == 200 else None
