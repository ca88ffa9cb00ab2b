"""The id of each request, for the log and for the calls that a page makes."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.request_id import NO_REQUEST_ID, REQUEST_ID_HEADER, request_id


@web.middleware
async def with_request_id(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Take over the id that the edge gave a request."""
    request_id.set(request.headers.get(REQUEST_ID_HEADER, NO_REQUEST_ID))
    return await handler(request)
