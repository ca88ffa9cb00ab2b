"""A service as a process, `python -m services.NAME`, to be killed and started again."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

READY_SECONDS = 120.0
STOP_SECONDS = 120.0
SERVING = re.compile(r"serving on port (\d+)")


class ServiceProcess:
    """One replica on the data in `home`; it has no other settings than those given."""

    def __init__(self, name: str, home: Path, number: int = 1, **environment: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._name = name
        self._environment = {"CHATMOUNT_HOME": str(home), **environment}
        self._log = home / f"{name}-{number}.log"
        self._process: asyncio.subprocess.Process | None = None
        self.address = ""

    @property
    def log(self) -> str:
        """What it has said since it was started."""
        return self._log.read_text("utf-8", "replace")

    async def start(self) -> None:
        """Returns when it serves. AssertionError with its log when it ends instead."""
        command = (sys.executable, "-P", "-m", f"services.{self._name}")
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(*command, env=self._environment, stderr=log)
        async with asyncio.timeout(READY_SECONDS):
            while (serving := SERVING.search(self.log)) is None:
                assert self._process.returncode is None, self.log
                await asyncio.sleep(0.02)
        self.address = f"127.0.0.1:{serving[1]}"

    async def stop(self) -> int:
        """Sends SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL: whatever it had not written is lost. Does nothing when it does not run."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def service_process(name: str, home: Path, number: int = 1, **environment: str) -> AsyncIterator[ServiceProcess]:
    """A running one, killed when the block ends."""
    process = ServiceProcess(name, home, number, **environment)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()
