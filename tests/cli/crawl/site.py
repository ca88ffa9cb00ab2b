"""A website on loopback, of any shape."""

from collections.abc import Awaitable, Callable

from aiohttp import web

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
