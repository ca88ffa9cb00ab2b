"""Envoy's admin interface, played by a small server on a socket file."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from services.edge.admin import EnvoyAdmin
from tests.waiting import PATIENCE

HEALTHY = "auth::default_priority::max_connections::1024\nauth::127.0.0.1:5001::health_flags::healthy\n"
ILL = "chat::127.0.0.1:5004::health_flags::/failed_active_hc\n"


@dataclass
class Envoy:
    socket: Path
    ready: bool = True
    clusters: str = HEALTHY
    active: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if request.path == "/ready":
            return web.Response(text="LIVE" if self.ready else "INITIALIZING", status=200 if self.ready else 503)
        if request.path == "/clusters":
            return web.Response(text=self.clusters)
        if request.path == "/stats":
            return web.Response(text=f"http.public.downstream_rq_active: {self.active.pop(0) if self.active else 0}\n")
        return web.Response(text="OK")


@pytest.fixture
async def envoy(tmp_path: Path) -> AsyncIterator[Envoy]:
    envoy = Envoy(tmp_path / "admin.sock")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", envoy.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(envoy.socket)).start()
    yield envoy
    await runner.cleanup()


async def test_it_is_ready_when_it_is_live_and_finds_every_service_healthy(envoy: Envoy) -> None:
    admin = EnvoyAdmin(envoy.socket)
    assert await admin.is_ready()
    envoy.clusters = HEALTHY + ILL
    assert not await admin.is_ready()
    envoy.clusters = ""
    assert not await admin.is_ready()
    envoy.clusters, envoy.ready = HEALTHY, False
    assert not await admin.is_ready()


async def test_one_that_is_not_there_is_not_ready_and_has_nothing_in_flight(tmp_path: Path) -> None:
    admin = EnvoyAdmin(tmp_path / "none.sock")
    assert not await admin.is_ready()
    await admin.drain(5)


async def test_a_drain_waits_for_requests_in_flight(envoy: Envoy) -> None:
    envoy.active = [3, 2, 1]
    await EnvoyAdmin(envoy.socket).drain(5)
    assert envoy.active == []
    assert envoy.asked[:2] == ["POST /healthcheck/fail", "POST /drain_listeners"]


async def test_a_drain_does_not_wait_for_ever(envoy: Envoy) -> None:
    envoy.active = [1] * 10_000
    loop = asyncio.get_running_loop()
    began = loop.time()
    await EnvoyAdmin(envoy.socket).drain(0.2)
    assert loop.time() - began < PATIENCE
