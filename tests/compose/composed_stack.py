"""The stack of compose.yaml, run by `docker compose` under a project name of its own.

The environment holds as it does for everybody: PIP_INDEX_URL for another package index, COMPOSE_FILE for a file that
names other images, CHATMOUNT_… for the stack. A file called .env is passed over.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from services.cli.processes import PROCESSES, WEB
from tests.compose.visitor import Visitor
from tests.pages import ROOT

QUESTION = "How long can I keep a rented bike?"
PAGES = ROOT / "tests" / "contract" / "pages"
PROJECT = "chatmount-drill"
SERVICES_OF_OURS = ("envoy", *PROCESSES)
PATIENCE = 300.0
FIRST_OWNER = {"email": "ada@example.com", "password": "correct horse battery staple"}


def lacking() -> str:
    """Why the stack can't be started here; empty when it can."""
    if shutil.which("docker") is None:
        return "There is no `docker` here: the drills of Docker Compose were not run."
    compose = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True)
    if compose.returncode != 0 or not compose.stdout.lstrip("v")[:1].isdigit():
        return "There is no Docker Compose v2 here: the drills of Docker Compose were not run."
    if subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        return "No Docker engine answers here: the drills of Docker Compose were not run."
    return ""


def free_port() -> int:
    """A port that nobody listens on. Docker takes none that is reserved."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ComposedStack:
    """One project. `settings` are variables that every command sees."""

    def __init__(self) -> None:
        self.http_port, self.https_port = free_port(), free_port()
        self.settings = {
            "CHATMOUNT_HTTP_PORT": str(self.http_port),
            "CHATMOUNT_HTTPS_PORT": str(self.https_port),
            "CHATMOUNT_LISTEN_HOST": "127.0.0.1",
            # What comes out is tried, not how fast a busy machine makes it.
            "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
            "CHATMOUNT_QDRANT_TIMEOUT_MS": "10000",
            "CHATMOUNT_REDIS_TIMEOUT_MS": "1000",
        }
        self.key = self.bot = ""

    def compose(self, *arguments: str, given: bytes = b"", fails: bool = False) -> subprocess.CompletedProcess[bytes]:
        """`docker compose` with these arguments, which must succeed, or fail."""
        done = subprocess.run(
            [
                "docker",
                "compose",
                "--progress",
                "quiet",
                "--project-name",
                PROJECT,
                "--env-file",
                os.devnull,
                *arguments,
            ],
            cwd=ROOT,
            env={**os.environ, **self.settings},
            input=given,
            capture_output=True,
        )
        assert (done.returncode != 0) == fails, (done.stdout + done.stderr).decode()[-4000:]
        return done

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "--wait", *arguments)

    def cli(self, *arguments: str, volumes: tuple[str, ...] = ()) -> Any:
        """What `chatmount … --json` prints in a container of its own."""
        mounted = [word for volume in volumes for word in ("--volume", volume)]
        return json.loads(self.compose("run", "--rm", "-T", *mounted, "cli", *arguments, "--json").stdout)

    def wait_for_stores(self) -> None:
        """Returns when the servers that the settings name answer, as `prepare` sees them."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.compose("run", "--rm", "-T", "--no-deps", "prepare")
            except AssertionError:
                assert time.monotonic() < deadline
            else:
                return

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).stdout.decode().split()

    def inside(self, container: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["docker", "exec", container, *command], capture_output=True, text=True)

    def restart(self, process: str, container: str) -> None:
        """Returns when the replica serves again, and Envoy had the time to see that."""
        subprocess.run(["docker", "restart", container], check=True, capture_output=True)
        deadline = time.monotonic() + PATIENCE
        of_web = ("web",) if process == WEB else ()
        probe = ("python", "-I", "-S", "services/cli/probe.py", *of_web, "127.0.0.1:50051")
        while self.inside(container, *probe).returncode != 0:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        time.sleep(3)

    def ask(self, message: str, **body: object) -> tuple[int, Any]:
        """The status and the JSON of a unary answer."""
        with self._post({"message": message, **body}) as reply:
            return reply.status, json.load(reply)

    def visitor(self, path: str = "") -> Visitor:
        """A browser that trusts the stack's certificate, at a page of the dashboard."""
        (envoy,) = self.containers("envoy")
        visitor = Visitor(self.inside(envoy, "cat", "/var/lib/chatmount/secrets/tls.crt").stdout)
        visitor.open(f"https://localhost:{self.https_port}/dashboard/{path}")
        return visitor

    def signed_in(self) -> Visitor:
        """The first owner's browser, before their only account."""
        visitor = self.visitor()
        visitor.send("/dashboard/sign-in", **FIRST_OWNER)
        return visitor

    def stream(self, message: str) -> Iterator[Any]:
        """The events of a streamed answer."""
        with self._post({"message": message, "stream": True}) as reply:
            for line in reply:
                if line.startswith(b"data:"):
                    yield json.loads(line.removeprefix(b"data:"))

    def _post(self, body: dict[str, object]) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.http_port}/v1/chat"
        try:
            return urlopen(Request(url, json.dumps(body).encode(), headers), timeout=30)
        except HTTPError as refusal:
            return refusal


def answers(stack: ComposedStack) -> None:
    status, reply = stack.ask(QUESTION)
    assert status == 200, reply
    assert reply["sources"], reply
