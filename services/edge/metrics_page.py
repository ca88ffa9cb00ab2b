"""Envoy's metrics at an address of their own.

The admin interface has them as well, but it can also stop Envoy.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from services.config.addresses import Address, parse_addresses
from services.config.settings import not_listened_on
from services.edge.admin import ask_admin

SECONDS = 5.0
"""How long Envoy may take: half of what Prometheus gives a page."""


@asynccontextmanager
async def showing_envoys_metrics(listen: str, admin: Path | Address) -> AsyncIterator[None]:
    """Answers `GET /metrics` at `listen` (`host:port`; empty: nowhere) during the block.

    SettingsError when the address can't be listened on.
    """

    async def metrics(_: web.Request) -> web.Response:
        try:
            found = await ask_admin(admin, "GET", "/stats/prometheus", SECONDS)
        except (ConnectionError, TimeoutError):
            return web.Response(status=503)
        return web.Response(text=found.text, headers={"Content-Type": "text/plain; version=0.0.4"})

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        for host, port in parse_addresses(listen):
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise not_listened_on(listen, error) from error
        yield
    finally:
        await runner.cleanup()
