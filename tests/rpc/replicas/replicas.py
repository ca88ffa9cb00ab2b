"""Replicas of a service that come and go."""

import asyncio
import signal
import subprocess
import sys
from functools import partial

from services.cli.calls.health import is_serving, until
from services.cli.up.ports import ReservedPort

NAMES = ("one", "two", "three")


class Replicas:
    """Replicas of a service, each a process on a port that stays its own."""

    def __init__(self) -> None:
        self._ports = {name: ReservedPort() for name in NAMES}
        self._running: dict[str, tuple[subprocess.Popen[bytes], int]] = {}

    @property
    def addresses(self) -> str:
        return ",".join(port.address for port in self._ports.values())

    def address(self, name: str) -> str:
        return self._ports[name].address

    async def only(self, *names: str, age: int = 60_000) -> None:
        """Have these run and no others. `age`: how many milliseconds their connections last."""
        for name, (_, other_age) in list(self._running.items()):
            if name not in names or other_age != age:
                self.kill(name)
        await self.start(*(name for name in names if name not in self._running), age=age)

    async def start(self, *names: str, age: int = 60_000) -> None:
        for name in names:
            address = self._ports[name].address
            command = [sys.executable, "-m", "tests.rpc.replicas.replica_process", name, address, str(age)]
            # Another thread, in which starting it may take its time.
            started = await asyncio.to_thread(partial(subprocess.Popen, command, stderr=subprocess.DEVNULL))
            self._running[name] = started, age
        async with asyncio.timeout(60):
            for name in names:
                await until(partial(is_serving, self._ports[name].address))

    def kill(self, name: str) -> None:
        process, _ = self._running.pop(name)
        process.kill()
        process.wait()

    def stop_for(self, seconds: float, name: str) -> None:
        """It does nothing meanwhile, but the kernel takes connections for it."""
        process, _ = self._running[name]
        process.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(seconds, process.send_signal, signal.SIGCONT)

    def terminate(self, name: str) -> "subprocess.Popen[bytes]":
        process, _ = self._running.pop(name)
        process.terminate()
        return process

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        for port in self._ports.values():
            port.release()
