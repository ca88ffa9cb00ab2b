"""Counts requests, by the patterns of their routes: these hold no ids, and are few."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from aiohttp import web

from services.web.metrics import PAGE_SECONDS, PAGES

NOWHERE = "nowhere"
HEALTH_PATH = "/healthz"


@web.middleware
async def counting(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A middleware around all others."""
    if request.path == HEALTH_PATH:
        return await handler(request)
    begun = perf_counter()
    response = await handler(request)
    path = pattern_of(request)
    PAGES.labels(path, str(response.status)).inc()
    PAGE_SECONDS.labels(path).observe(perf_counter() - begun)
    return response


def pattern_of(request: web.Request) -> str:
    """The pattern of the request's route."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else NOWHERE
