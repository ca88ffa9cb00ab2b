"""Callers who ask a stack again and again, and what each of them saw when."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from tests.promises.replicated.many_at_once import ask, client_of
from tests.waiting import PATIENCE

CALLERS = 6
# Replicas start on the same two cores.
PAUSE = 0.2
BROKEN = 0
"""The status of a request whose connection or stream broke off."""


class Seen(NamedTuple):
    """One request: when it was sent and answered, by time.monotonic(), and its status."""

    sent: float
    done: float
    status: int
    text: str


@dataclass
class SteadyLoad:
    """What the callers have seen so far."""

    seen: list[Seen] = field(default_factory=list)

    @property
    def failed(self) -> list[Seen]:
        """What was not answered."""
        return [one for one in self.seen if one.status != 200]

    @property
    def answered(self) -> int:
        """How many whole answers there were."""
        return len(self.seen) - len(self.failed)

    async def until_answered(self, number: int, seconds: float = PATIENCE) -> None:
        """Returns when so many more answers have come. TimeoutError when that takes too long."""
        goal = self.answered + number
        async with asyncio.timeout(seconds):
            while self.answered < goal:  # noqa: ASYNC110 - the callers are other tasks
                await asyncio.sleep(0.02)


@asynccontextmanager
async def steady_load(base_url: str, key: str, callers: int = CALLERS) -> AsyncIterator[SteadyLoad]:
    """Callers that ask during the block, every other one streaming, and end with a whole reply."""
    load, enough = SteadyLoad(), asyncio.Event()
    async with client_of(base_url) as client:
        tasks = [asyncio.create_task(_keep_asking(client, key, load, enough, number)) for number in range(callers)]
        try:
            yield load
        finally:
            enough.set()
            await asyncio.gather(*tasks)


async def _keep_asking(
    client: httpx.AsyncClient, key: str, load: SteadyLoad, enough: asyncio.Event, number: int
) -> None:
    stream = number % 2 == 1
    while not enough.is_set():
        sent = time.monotonic()
        status, text = BROKEN, ""
        try:
            reply = await ask(client, key, stream=stream)
            status, text = reply.status, reply.text
            if reply.events and reply.events[-1]["type"] != "done":
                status = BROKEN
        except (httpx.HTTPError, AssertionError) as error:
            # A stream that is cut off in the middle of an event does not read as one.
            text = repr(error)
        load.seen.append(Seen(sent, time.monotonic(), status, text))
        await asyncio.sleep(PAUSE)
