"""Envoy's metrics on a port of their own, behind which there is nothing else of its admin interface."""

import asyncio
import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from services.cli.up.ports import ReservedPort
from services.config.settings import SettingsError
from services.edge.metrics_page import showing_envoys_metrics
from tests.edge.edge_stack import Edge
from tests.monitoring import asked_of, queries
from tests.waiting import PATIENCE, eventually


async def show(address: str, admin: Path) -> None:
    async with showing_envoys_metrics(address, admin):
        await asyncio.Event().wait()


@contextmanager
def shown(admin: Path) -> Iterator[int]:
    """The port at which the metrics of the Envoy behind `admin` are."""
    port, loop = ReservedPort(), asyncio.new_event_loop()
    task = loop.create_task(show(port.address, admin))
    thread = Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        yield port.number
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
        port.release()


def reply(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answered = connection.getresponse()
        return answered.status, answered.read().decode()
    finally:
        connection.close()


def listens(port: int) -> bool:
    try:
        return bool(reply(port, "/"))
    except OSError:
        return False


def test_it_has_the_metrics_of_the_alert_rules_and_stops_nothing(edge: Edge) -> None:
    assert isinstance(edge.settings.admin, Path)
    edge.ask({"message": "hi"})
    with shown(edge.settings.admin) as port:
        eventually(lambda: listens(port), what="the port is open")
        status, text = reply(port, "/metrics")
        assert status == 200
        samples = [line for line in text.splitlines() if line.startswith("envoy_")]
        wanted = [one for query in queries() for one in asked_of(query) if one[0].startswith("envoy_")]
        assert len(wanted) >= 3
        for name, labels in wanted:
            assert any(line.startswith(name) and all(f'{label}="' in line for label in labels) for line in samples), (
                name
            )
        for path, method in (("/quitquitquit", "POST"), ("/metrics", "POST"), ("/stats/prometheus", "GET")):
            assert reply(port, path, method)[0] in (404, 405)
        assert edge.ask({"message": "hi"}).status == 200


def test_without_an_envoy_it_says_so(tmp_path: Path) -> None:
    with shown(tmp_path / "nobody.sock") as port:
        eventually(lambda: listens(port), what="the port is open")
        assert reply(port, "/metrics")[0] == 503


async def test_an_address_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"CHATMOUNT_METRICS_LISTEN=127.0.0.1:{port} can't be listened on"):
            await show(f"127.0.0.1:{port}", tmp_path / "nobody.sock")
