"""The processes in which the stub services run."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.up.ports import ReservedPort

PROGRAM = Path(__file__).with_name("edge_stubs.py")


@dataclass
class Stubs:
    """A process that serves some of the stub services."""

    record: Path
    services: tuple[str, ...]
    ports: dict[str, int] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    _reserved: dict[str, ReservedPort] = field(default_factory=dict)
    _seen: list[dict[str, Any]] = field(default_factory=list)
    _position: int = 0

    def start(self) -> "Stubs":
        """Starts, on the same ports as before if there was a before."""
        # Nobody else gets them while it is dead.
        self._reserved = self._reserved or {name: ReservedPort() for name in self.services}
        named = [f"{name}={port.number}" for name, port in self._reserved.items()]
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--record", str(self.record), *named],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.ports = json.loads(self.process.stdout.readline())
        return self

    def kill(self) -> None:
        """Ends it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def close(self) -> None:
        """Ends it for good."""
        if self.is_alive():
            self.kill()
        for port in self._reserved.values():
            port.release()

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def calls(self, service: str) -> list[dict[str, Any]]:
        """What the stubs wrote down of one service, the oldest first."""
        if self.record.exists():
            with self.record.open() as file:
                file.seek(self._position)
                # Without the last line when it is only half written.
                *lines, rest = file.read().split("\n")
                self._position = file.tell() - len(rest.encode())
            self._seen += map(json.loads, lines)
        return [call for call in self._seen if call["service"] == service]

    def last(self, service: str) -> dict[str, Any]:
        """The newest of them."""
        return self.calls(service)[-1]
