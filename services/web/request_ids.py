"""The id of each request and its span, for the log and for the calls that a page makes."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.observe.spans import begin_call
from services.request_id import NO_REQUEST_ID, REQUEST_ID_HEADER, request_id
from services.web.counting import HEALTH_PATH, pattern_of

SERVER_FAULT = 500


@web.middleware
async def with_request_id(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Take over the id and the trace that the edge gave a request."""
    request_id.set(request.headers.get(REQUEST_ID_HEADER, NO_REQUEST_ID))
    if request.path == HEALTH_PATH:
        return await handler(request)
    pattern = pattern_of(request)
    with begin_call("web", f"{request.method} {pattern}", request.headers) as span:
        response = await handler(request)
        span.tell(
            {
                "http.request.method": request.method,
                "http.route": pattern,
                "http.response.status_code": response.status,
            }
        )
        if response.status >= SERVER_FAULT:
            span.fail(str(response.status))
        return response
