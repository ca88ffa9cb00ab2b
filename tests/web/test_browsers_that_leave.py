"""A browser that leaves in the middle of a reply is no error of ours."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from services.web.dashboard.error_pages import Handler, with_error_pages
from services.web.dashboard.event_stream import event_stream
from services.web.server import runner_of
from services.web.widget.json_errors import with_json_errors
from tests.waiting import until


async def before_the_reply(request: web.Request) -> web.StreamResponse:
    """As what waits for a service finds out."""
    await until(lambda: request.transport is None)
    raise ConnectionResetError


async def within_a_stream(request: web.Request) -> web.StreamResponse:
    async with event_stream(request) as (stream, response):
        await until(lambda: request.transport is None)
        await stream.ping()
    return response


@pytest.mark.parametrize(
    ("page", "around_it"),
    [(before_the_reply, []), (within_a_stream, []), (before_the_reply, [with_json_errors])],
    ids=["page", "stream", "widget"],
)
async def test_it_leaves_no_error_in_the_log(
    caplog: pytest.LogCaptureFixture, page: Handler, around_it: list[Any]
) -> None:
    has_begun, has_ended = asyncio.Event(), asyncio.Event()

    @web.middleware
    async def watching(request: web.Request, handler: Handler) -> web.StreamResponse:
        has_begun.set()
        try:
            return await handler(request)
        finally:
            has_ended.set()

    app = web.Application(middlewares=[watching, with_error_pages, *around_it])
    app.router.add_get("/", page)
    runner = runner_of(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await writer.drain()
        await has_begun.wait()
        writer.transport.abort()
        await has_ended.wait()
    finally:
        await runner.cleanup()
    assert not caplog.records
