"""`bot_x/sources/progress`: the list of sources, again whenever something has changed."""

import asyncio
from contextlib import aclosing

from aiohttp import web
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import ChatmountError
from services.tasks import wait_at_most
from services.web.dashboard.event_stream import EventStream, event_stream, events_of
from services.web.dashboard.pages.sources import listed
from services.web.dashboard.sources import STATES, Chosen
from services.web.dashboard.visit import Visit

BETWEEN_SECONDS = 1.0
PING_SECONDS = 15.0
LONGEST_SECONDS = 45.0
"""A token lives for a minute: the page then asks again, and whoever was removed meanwhile sees no more."""


async def stream(visit: Visit) -> web.StreamResponse:
    """Ends with an event `done` when nothing is left."""
    visit.knows(path=f"{visit.chatbot.path}sources")
    chosen = Chosen.of(visit.request.query)
    async with event_stream(visit.request) as (events, response):
        changed = asyncio.Event()
        watching = asyncio.create_task(_watch(visit, chosen, changed))
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while not watching.done():
                    await wait_at_most(PING_SECONDS, changed)
                    if changed.is_set():
                        changed.clear()
                        await _send_list(visit, chosen, events)
                        await asyncio.sleep(BETWEEN_SECONDS)
                    else:
                        await events.ping()
                await watching
                await _send_list(visit, chosen, events)
                await events.send("", event="done")
        except (TimeoutError, ChatmountError):
            # The page asks again by itself.
            pass
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return response


async def _watch(visit: Visit, chosen: Chosen, changed: asyncio.Event) -> None:
    request = pb.WatchIngestRequest(source_ids=chosen.added)
    call = visit.services.sources.WatchIngest(request, metadata=visit.metadata())
    try:
        async with aclosing(events_of(visit.request, call, request)) as moves:
            async for _ in moves:
                changed.set()
    finally:
        changed.set()


async def _send_list(visit: Visit, chosen: Chosen, events: EventStream) -> None:
    values = {"frame": visit.frame, "listed": await listed(visit, chosen), "states": STATES}
    await events.send(visit.dashboard.rendering.html("sources/listed.html", values))
