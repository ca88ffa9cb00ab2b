"""Who opens connections and does nothing with them keeps nobody else out for long."""

import asyncio
import logging
import resource
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.config.addresses import Address
from services.edge import connections, open_files
from services.edge.connections import ConnectionWatch
from services.edge.open_files import open_file_warning, raise_open_file_limit
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Edge, running_edge
from tests.waiting import PATIENCE, eventually, until

CONNECTIONS = 12
SILENT = 2.0
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Edge]:
    directory = tmp_path_factory.mktemp("edge-connections")
    with (
        running_edge(directory, stubs, connections_per_listener=CONNECTIONS, silent_seconds=SILENT) as running,
        watched(running),
    ):
        yield running


class watched:
    """Has a watch look at an edge, as the process beside Envoy does."""

    def __init__(self, edge: Edge) -> None:
        assert edge.settings is not None
        settings = edge.settings
        self._watch = ConnectionWatch(settings.admin, CONNECTIONS, settings.connection_pressure)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._watch.keep())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self._loop.close()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()


def test_a_connection_that_never_says_anything_is_closed(edge: Edge) -> None:
    with ExitStack() as stack:
        held = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)))
            for port in (edge.http_port, edge.https_port)
        ]
        assert [connection.recv(1) for connection in held] == [b"", b""]


def silent(edge: Edge) -> socket.socket:
    return socket.create_connection(("127.0.0.1", edge.http_port), timeout=PATIENCE)


def idle_after_a_request(edge: Edge) -> socket.socket:
    connection = silent(edge)
    connection.sendall(b"GET /none HTTP/1.1\r\nhost: x\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 404")
    return connection


def idle_over_http_2(edge: Edge) -> socket.socket:
    connection = silent(edge)
    connection.sendall(PREFACE)
    assert connection.recv(65536)
    return connection


def idle_after_a_handshake(edge: Edge) -> socket.socket:
    context = ssl.create_default_context(cafile=str(edge.certificate))
    plain = socket.create_connection(("127.0.0.1", edge.https_port), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname="localhost")


def all_are_closed(held: list[socket.socket]) -> None:
    for connection in held:
        connection.settimeout(PATIENCE)
        while connection.recv(65536):
            pass


def test_a_listener_that_is_full_of_silence_has_room_again_soon(edge: Edge) -> None:
    with ExitStack() as stack:
        all_are_closed([stack.enter_context(closing(silent(edge))) for _ in range(CONNECTIONS)])
    eventually(edge.is_answering, what="there is room again")


@pytest.mark.parametrize(
    ("listener", "kinds"),
    [("http", [idle_after_a_request, idle_over_http_2]), ("https", [idle_after_a_handshake])],
)
def test_a_full_listener_has_room_again_soon_and_log_and_metrics_say_so(
    edge: Edge, listener: str, kinds: list[Callable[[Edge], socket.socket]], caplog: pytest.LogCaptureFixture
) -> None:
    assert edge.settings is not None
    pressure = edge.settings.connection_pressure

    def is_metric() -> bool:
        metrics = edge.admin("/stats/prometheus?filter=overload")
        return (
            "envoy_overload_envoy_resource_monitors_injected_resource_pressure{} 100\n" in metrics
            and "envoy_overload_envoy_overload_actions_reduce_timeouts_active{} 1\n" in metrics
        )

    eventually(lambda: float(pressure.read_text()) == 0, what="earlier connections are gone")
    caplog.clear()
    with caplog.at_level(logging.INFO, "chatmount.edge"), ExitStack() as stack:
        held = [stack.enter_context(closing(hold(edge))) for hold in islice(cycle(kinds), CONNECTIONS)]
        eventually(lambda: float(pressure.read_text()) == 1, what="Envoy is notified")
        eventually(lambda: f"12 of 12 connections of the {listener} listener" in caplog.text, what="the warning")
        eventually(is_metric, what="the metric")
        all_are_closed(held)
        eventually(edge.is_answering, what="there is room again")
        eventually(lambda: "room for connections again" in caplog.text, what="that is in the log")


async def test_a_watch_goes_on_whatever_the_admin_port_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.01)
    active = "listener.http.downstream_cx_active"
    # What fits counts; the same trouble twice is in the log once.
    reported = [
        (500, f"{active}: 12"),
        (200, "no numbers\nlistener\nlistener.http.downstream_cx_active: many"),
        (200, "no numbers"),
        (200, f"odd\n{active}: 5\nlistener.http.downstream_pre_cx_active: 1\n{active}: x\nlistener: 3\n"),
    ]
    answers = iter(reported)

    async def stats(request: web.Request) -> web.Response:
        status, text = next(answers, reported[-1])
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_get("/stats", stats)
    file = tmp_path / "pressure"
    async with TestServer(app) as server:
        assert server.port is not None
        task = asyncio.create_task(ConnectionWatch(Address("127.0.0.1", server.port), CONNECTIONS, file).keep())
        await until(lambda: file.exists() or task.done())
        task.cancel()
    assert file.read_text() == "0.50"
    assert [record.name for record in caplog.records if record.levelno == logging.ERROR].count("chatmount.edge") == 2
    assert "holds no number of connections" in caplog.text


def test_a_limit_on_open_files_is_raised_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"now": (1024, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.update(now=pair))
    assert raise_open_file_limit(1000) == 1000
    assert limits["now"] == (2 * 1000 + open_files.RESERVE, 4096)
    assert open_file_warning(1000, 1000) is None
    room = raise_open_file_limit(8000)
    assert room == (4096 - open_files.RESERVE) // 2
    warning = open_file_warning(8000, room) or ""
    for word in ("8000", "1536", "17024", "ulimit -Hn", "LimitNOFILE", "nofile"):
        assert word in warning
    limits["now"] = (64, 64)
    assert 0 < raise_open_file_limit(8000) <= 32
    limits["now"] = (64, resource.RLIM_INFINITY)
    assert raise_open_file_limit(8000) == 8000
