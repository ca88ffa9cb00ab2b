"""A note in the store that a version is on its way, renewed as long as it is: an old one means that it broke off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.clock import Clock
from services.retrieval.store.sources import SourceStore
from services.retrieval.upkeep.keeper import GRACE_MS

RENEWAL_SECONDS = GRACE_MS / 1000 / 4


@asynccontextmanager
async def announced(sources: SourceStore, version: str, clock: Clock) -> AsyncIterator[None]:
    """Notes that the version is on its way during the block."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await sources.announce(version, int(clock() * 1000))

    await sources.announce(version, int(clock() * 1000))
    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
