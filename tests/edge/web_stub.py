"""The web process as the edge sees it: an HTTP server that answers by path and writes down what reached it."""

import asyncio
from collections.abc import Callable

from aiohttp import web

STYLE = "body { margin: 0 }\n" * 200
PAGE = "<!doctype html><title>Page</title><p>A page of web</p>" + "<!-- so long that it would be compressed -->" * 50

Note = Callable[..., None]


class StubWeb:
    """`sources` reads a file, `progress` and `ask` stream, `hang` and `crash` do so, the rest is a page."""

    def __init__(self, note: Note) -> None:
        self._note = note

    async def start(self, port: int) -> int:
        """Serve; the port."""
        app = web.Application(client_max_size=0)
        app.router.add_get("/healthz", self._health)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return int(runner.addresses[0][1])

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        names = sorted({name.lower() for name in request.headers})
        headers = {name: ",".join(request.headers.getall(name)) for name in names}
        self._note("web", method=request.method, path=request.raw_path, headers=headers)
        name = request.path.rpartition("/")[2]
        if name == "sources" and request.method == "POST":
            return await self._read_file(request)
        if name in {"progress", "ask"}:
            return await self._stream(request)
        if name == "hang":
            await asyncio.sleep(600)
        if name == "crash" and request.transport is not None:
            request.transport.abort()
        if "/static/" in request.path:
            immutable = {"cache-control": "public, max-age=31536000, immutable"}
            return web.Response(text=STYLE, content_type="text/css", headers=immutable)
        return web.Response(
            text=PAGE,
            content_type="text/html",
            headers={
                "Set-Cookie": "__Host-chatmount=new; Secure; HttpOnly; Path=/; SameSite=Lax",
                "Content-Security-Policy": "default-src 'self'",
                "HX-Redirect": "/dashboard/",
                "X-Envoy-Upstream-Service-Time": "1",
                "X-Chatmount-Status": "503",
                "Server": "the web process",
            },
        )

    async def _read_file(self, request: web.Request) -> web.Response:
        size = 0
        async for chunk in request.content.iter_any():
            if size == 0:
                self._note("upload", begins=True)
            size += len(chunk)
        self._note("upload", size=size)
        return web.Response(text=str(size))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: one\n\n")
        await asyncio.sleep(float(request.query.get("pause", "0")))
        await response.write(b"data: two\n\n")
        return response
