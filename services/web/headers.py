"""The headers that tell a browser what a page may do; every reply of this process has them."""

from aiohttp import hdrs, web

from services.security_headers import NOT_KEPT, SECURITY_HEADERS


async def add_security_headers(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """A signal handler: before a reply is sent. What a reply says for itself stays as it is."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, NOT_KEPT)
    response.headers.popall(hdrs.SERVER, None)
