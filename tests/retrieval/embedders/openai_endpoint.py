"""An OpenAI-compatible endpoint on loopback that is fed its answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

NOW = 1_700_000_000.0
Answer = Callable[[web.Request, Any], Any]


def good(request: web.Request, body: Any) -> web.Response:
    """Four numbers per text; the first tells its length, and the items come in the wrong order."""
    items = [{"index": i, "embedding": [len(text), 1, 0, 0]} for i, text in enumerate(body["input"])]
    return web.json_response({"data": items[::-1], "model": body["model"]})


def status(code: int, **headers: str) -> Answer:
    return lambda request, body: web.Response(status=code, headers=headers, text="sk-secret was refused")


def embeddings(*vectors: Any) -> Answer:
    return lambda request, body: web.json_response(
        {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}
    )


def raw(text: str) -> Answer:
    return lambda request, body: web.Response(text=text, content_type="application/json")


class Endpoint:
    """Answers with what `answers` holds, in turn, then as usual: well. Keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.usual: Answer = good
        self.bodies: list[Any] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = self.most_under_way = 0
        self.slept: list[float] = []
        self.paused: list[float] = []
        self.probes = asyncio.Semaphore(0)
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(request.headers)
        self.paths.append(request.path_qs)
        answer = self.answers.pop(0) if self.answers else self.usual
        if body["input"] != ["question"]:
            await self.gate.wait()
        self.under_way -= 1
        response: web.StreamResponse = answer(request, body)
        return response

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def pause(self, seconds: float) -> None:
        """Before each probe of an embedder: until the test lets it go on."""
        self.paused.append(seconds)
        await self.probes.acquire()


def at_most(texts: int, refusal: int) -> Answer:
    """Well up to so many texts in a request."""
    return lambda request, body: (
        good(request, body) if len(body["input"]) <= texts else web.Response(status=refusal, text="too many")
    )


@asynccontextmanager
async def served(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The URL, up to `/v1`, of an endpoint on loopback that answers so."""
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v1/embeddings", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()
