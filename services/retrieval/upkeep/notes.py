"""Notes that a version is on its way into the index.

A note is renewed as long as it is true: an old one tells of a break-off.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.clock import Clock, now_ms
from services.retrieval.store.unsettled import UnsettledStore
from services.tasks import Tasks

GRACE_MS = 60 * 60 * 1000
"""How long a change that another replica noted may still be under way."""

RENEWAL_SECONDS = GRACE_MS / 1000 / 4


@asynccontextmanager
async def noted(unsettled: UnsettledStore, version: str, clock: Clock) -> AsyncIterator[None]:
    """The version is noted as unsettled during the block."""

    async def note() -> None:
        await unsettled.note(version, now_ms(clock))

    await note()
    async with Tasks() as tasks:
        tasks.every(RENEWAL_SECONDS, note, "noting a version that is being indexed")
        yield
