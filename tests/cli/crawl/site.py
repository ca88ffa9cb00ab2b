"""A website on loopback, of any shape."""

import hashlib
import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web

MAXIMUM = 200_000
"""Bytes of a page, for the fetchers of these tests."""

LOOPBACK = [ipaddress.ip_network("127.0.0.1/32")]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Serves what is put into `pages`, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, web.Response | Handler] = {}
        self.asked: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404)
        if isinstance(page, web.Response):
            # A response can be sent once.
            return web.Response(body=page.body, status=page.status, headers=page.headers)
        return await page(request)

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.pages[path] = web.Response(status=status, headers={"Location": location})


def page(text: str, *links: str, head: str = "") -> Handler:
    """A page that knows its ETag, as some servers write it."""
    anchors = "".join(f'<a href="{link}">link</a>' for link in links)
    body = f"<html><head>{head}</head><body><p>{text}</p>{anchors}</body></html>"
    headers = {"etag": f'"{hashlib.sha256(body.encode()).hexdigest()}"'}

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == headers["etag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(text=body, content_type="text/html", headers=headers)

    return answer
