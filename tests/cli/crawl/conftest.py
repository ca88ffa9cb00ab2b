"""A real web server on loopback."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from services.cli.crawl.fetch import Fetcher, open_fetcher
from tests.cli.crawl.site import LOOPBACK, MAXIMUM, Site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    # All of loopback: what is refused is refused by us, not for want of a listener.
    await web.TCPSite(runner, "0.0.0.0", 0).start()  # noqa: S104
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with open_fetcher(MAXIMUM, LOOPBACK) as opened:
        yield opened
