"""`python -m services.edge`, the edge of a container: its Envoy lives and dies with it, and its token stays fresh."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from services.edge.config import CONNECTIONS
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from services.edge.credential import FILE_NAME, token_follows
from services.trust.secret_file import ensure_secret, fingerprint, newest, read_secrets
from services.trust.secret_rotation import add_secret, promote_secret, retire_secrets
from tests.edge.edge_stack import Edge, Stubs, free_port, wait_until

# The admin port of a container is always the same; several may run here.
START = """
import functools, sys
import services.edge.__main__ as edge
edge.ADMIN = edge.ADMIN._replace(port=int(sys.argv[1]))
edge.run = functools.partial(edge.run, patience=float(sys.argv[2]))
edge.main()
"""
# A patience that the tests can't lose by waiting, and one that they can.
PATIENT, IMPATIENT = 600.0, 6.0
# In place of the keeper of the token: it hangs as soon as there is a file that says so.
HANG = """
import asyncio, time
from services.edge.credential import EdgeCredential
async def hang(self):
    while not self._file.with_name("hang").exists():
        await asyncio.sleep(0.1)
    time.sleep(600)
EdgeCredential.keep = hang
"""


class Container:
    """The process, what it was told, and what it has said."""

    def __init__(
        self, home: Path, stubs: Stubs, before: str = "true", patience: float = PATIENT, code: str = ""
    ) -> None:
        """`before`: what the shell does that becomes the process. `code`: what Python does first."""
        self.home = home
        self.secret_file = home / "secrets" / "signing.key"
        ensure_secret(self.secret_file)
        http, https, admin = free_port(), free_port(), free_port()
        self._log = (home / "log").open("wb")
        environment = {
            "PATH": os.environ["PATH"],
            "CHATMOUNT_HOME": str(home),
            "CHATMOUNT_LISTEN_HOST": "127.0.0.1",
            "CHATMOUNT_HTTP_PORT": str(http),
            "CHATMOUNT_HTTPS_PORT": str(https),
            **{f"CHATMOUNT_{name.upper()}_ADDRESS": f"127.0.0.1:{port}" for name, port in stubs.ports.items()},
        }
        self.process = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                f'{before}; exec "$@"',
                "sh",
                sys.executable,
                "-c",
                code + START,
                str(admin),
                str(patience),
            ],
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )
        self.edge = Edge(http, https, home, stubs, home / "log", home / "log")
        wait_until(self.answers, "the edge answers")

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return self.edge.ask({"message": "hi"}).status == 200
        except OSError:
            return False

    def envoy(self) -> psutil.Process:
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()


@pytest.fixture
def container(tmp_path: Path, stubs: Stubs) -> Iterator[Container]:
    container = Container(tmp_path, stubs)
    yield container
    container.close()


def test_its_token_follows_the_signing_secret(container: Container) -> None:
    (old,) = read_secrets(container.secret_file)
    assert token_follows(container.home, old)
    add_secret(container.secret_file)
    new = newest(read_secrets(container.secret_file))
    promote_secret(container.secret_file, new)
    wait_until(lambda: token_follows(container.home, new), "the token is signed anew")
    retire_secrets(container.secret_file)
    token = (container.home / "edge" / FILE_NAME).read_text().partition('"Bearer ')[2].partition('"')[0]

    def shown() -> bool:
        assert container.answers()
        return all(
            container.edge.stubs.last(service)["metadata"]["authorization"] == f"Bearer {token}"
            for service in ("auth", "quota")
        )

    wait_until(shown, "Envoy shows it")
    assert fingerprint(new) in container.log
    for secret in (token, old, new):
        assert secret not in container.log
        assert secret not in " ".join([*container.envoy().cmdline(), *container.envoy().environ().values()])


def test_it_tells_envoy_how_full_the_listeners_are(container: Container) -> None:
    told = container.home / "edge" / PRESSURE_NAME
    assert told.read_text() == "0.00"
    with ExitStack() as stack:
        for _ in range(CONNECTIONS // 100):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", container.edge.http_port))))
        wait_until(lambda: told.read_text() == "0.01", "Envoy is told")


def test_a_limit_on_open_files_that_is_too_low_is_named(tmp_path: Path, stubs: Stubs) -> None:
    container = Container(tmp_path, stubs, "ulimit -Sn 512; ulimit -Hn 4096")
    try:
        assert f"8000 connections on each public port, so each takes {(4096 - 1024) // 2}" in container.log
        assert container.answers()
    finally:
        container.close()


def test_it_ends_with_envoy_when_it_is_told_to(container: Container) -> None:
    envoy = container.envoy()
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(10) == 0
    assert not envoy.is_running()


def test_it_ends_when_envoy_does_so_that_it_is_started_again(container: Container) -> None:
    container.envoy().kill()
    assert container.process.wait(10) == 128 + signal.SIGKILL


def test_envoy_does_not_outlive_it(container: Container) -> None:
    envoy = container.envoy()
    container.process.kill()
    container.process.wait()
    wait_until(lambda: not envoy.is_running() or envoy.status() == psutil.STATUS_ZOMBIE, "Envoy is gone")


def test_it_ends_with_an_envoy_that_hangs_so_that_both_are_started_again(tmp_path: Path, stubs: Stubs) -> None:
    container = Container(tmp_path, stubs, patience=IMPATIENT)
    try:
        envoy = container.envoy()
        time.sleep(IMPATIENT)  # until it has answered at least once
        envoy.suspend()
        assert container.process.wait(60) == 128 + signal.SIGKILL
        assert not envoy.is_running()
        assert "Envoy has not answered for 6 s; killing it" in container.log
    finally:
        container.close()


def test_it_ends_when_it_hangs_itself_and_says_where(tmp_path: Path, stubs: Stubs) -> None:
    container = Container(tmp_path, stubs, patience=IMPATIENT, code=HANG)
    try:
        envoy = container.envoy()
        (container.home / "edge" / "hang").touch()
        assert container.process.wait(60) == 1
        assert "Timeout (0:00:06)!" in container.log
        assert "in hang" in container.log
        wait_until(lambda: not envoy.is_running() or envoy.status() == psutil.STATUS_ZOMBIE, "Envoy is gone")
    finally:
        container.close()
