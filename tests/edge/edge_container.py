"""`python -m services.edge` as a container runs it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from services.cli.up.ports import ReservedPort
from services.trust.secret_file import ensure_secret
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Edge
from tests.waiting import eventually

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
# More than a busy machine stands still between the signal and a request.
LEAVES_LATER = """
import services.edge.__main__ as edge
edge.LEAVE_SECONDS = 5.0
"""
ANSWERED = "Envoy has answered"
TELL = f"""
from services.edge.admin import EnvoyAdmin
ask = EnvoyAdmin.answers
async def answers(self):
    answered = await ask(self)
    if answered:
        print("{ANSWERED}", flush=True)
    return answered
EnvoyAdmin.answers = answers
"""
# In place of the keepers of the tokens: Envoy's hangs as soon as there is a file that says so.
HANG = """
import asyncio, time
from services.edge.credential import Credential
async def hang(self):
    while not self._file.with_name("hang").exists():
        await asyncio.sleep(0.1)
    time.sleep(600)
Credential.keep = hang
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
        self._ports = [ReservedPort() for _ in range(4)]
        http, https, admin, metrics = (port.number for port in self._ports)
        self._log = (home / "log").open("wb")
        environment = {
            "PATH": os.environ["PATH"],
            "CHATMOUNT_HOME": str(home),
            "CHATMOUNT_LISTEN_HOST": "127.0.0.1",
            "CHATMOUNT_HTTP_PORT": str(http),
            "CHATMOUNT_HTTPS_PORT": str(https),
            "CHATMOUNT_METRICS_LISTEN": f"127.0.0.1:{metrics}",
            **{f"CHATMOUNT_{name.upper()}_ADDRESS": f"127.0.0.1:{port}" for name, port in stubs.ports.items()},
        }
        shell = ["/bin/sh", "-c", f'{before}; exec "$@"', "sh"]
        command = [*shell, sys.executable, "-c", code + START, str(admin), str(patience)]
        self.process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        self.metrics_port = metrics
        self.edge = Edge(http, https, home, stubs, home / "log", home / "log")
        eventually(self.answers, what="the edge answers")

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
        for port in self._ports:
            port.release()
