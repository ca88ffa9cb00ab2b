"""What the number of tenants costs: calls with 10, 1,000 and 100,000 accounts and keys.

    .venv/bin/python -m bench.growth [--sizes 10,1000,100000] [--rounds 300] [--databases sqlite,postgres] [--json]

The tenants are written straight into the tables. CPU time is that of this process and of Postgres, for one call.
Ratios are to the smallest number of tenants: what is found by an index stays flat.
"""

import argparse
import asyncio
import json
import math
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.promises.bulk import Call, Filled
from tests.promises.own_postgres import own_postgres

WARM_UP = 30


@dataclass(frozen=True)
class Cost:
    """The cost of a call in milliseconds, and its ratio to the call with the fewest tenants."""

    database: str
    call: str
    tenants: int
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    cpu_ratio: float = 1.0
    p50_ratio: float = 1.0
    p99_ratio: float = 1.0


def cpu_seconds(server: psutil.Process | None) -> float:
    """CPU time of this process and of all processes of a database server."""
    used = time.process_time()
    for process in [] if server is None else [server, *server.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


async def measure(call: Call, rounds: int, server: psutil.Process | None) -> tuple[float, float, float]:
    """CPU time, median and 99th percentile of a call, in milliseconds."""
    for _ in range(WARM_UP):
        await call()
    before = cpu_seconds(server)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    used = (cpu_seconds(server) - before) * 1000 / rounds
    taken.sort()
    return used, taken[rounds // 2], taken[min(rounds - 1, math.ceil(rounds * 0.99) - 1)]


@asynccontextmanager
async def databases(kind: str) -> AsyncIterator[tuple[Filled, psutil.Process | None]]:
    """Empty ones of a kind, and the server's process if there is one."""
    with tempfile.TemporaryDirectory(prefix="chatmount-growth-") as folder:
        if kind == "sqlite":
            filled = await Filled.open(
                f"sqlite+aiosqlite:///{Path(folder) / 'auth.db'}", f"sqlite+aiosqlite:///{Path(folder) / 'quota.db'}"
            )
            try:
                yield filled, None
            finally:
                await filled.close()
            return
        with own_postgres() as postgres:
            filled = await Filled.open(postgres.url, postgres.url)
            try:
                yield filled, postgres.process()
            finally:
                await filled.close()


async def run(kind: str, sizes: list[int], rounds: int) -> list[Cost]:
    """All calls with each number of tenants."""
    costs: list[Cost] = []
    first: dict[str, Cost] = {}
    async with databases(kind) as (filled, server):
        for size in sizes:
            await filled.grow(size)
            for name, call in filled.calls(size // 2).items():
                cpu, p50, p99 = await measure(call, rounds, server)
                base = first.setdefault(name, Cost(kind, name, size, cpu, p50, p99))
                ratios = (cpu / base.cpu_ms, p50 / base.p50_ms, p99 / base.p99_ms)
                costs.append(Cost(kind, name, size, cpu, p50, p99, *ratios))
    return costs


def show(costs: list[Cost], sizes: list[int]) -> None:
    """A table per database."""
    for kind in dict.fromkeys(cost.database for cost in costs):
        table = Table(title=f"{kind}: CPU-ms, p50 ms, p99 ms for a call, and the ratios to {sizes[0]:,} tenants")
        table.add_column("call")
        for size in sizes:
            table.add_column(f"{size:,} tenants", justify="right")
        for name in dict.fromkeys(cost.call for cost in costs):
            row = [cost for cost in costs if (cost.database, cost.call) == (kind, name)]
            cells = [
                f"{cost.cpu_ms:.2f}  {cost.p50_ms:.2f}  {cost.p99_ms:.2f}\n"
                f"×{cost.cpu_ratio:.2f} ×{cost.p50_ratio:.2f} ×{cost.p99_ratio:.2f}"
                for cost in row
            ]
            table.add_row(name, *cells)
        Console().print(table)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,1000,100000", help="numbers of tenants, the smallest first")
    parser.add_argument("--rounds", type=int, default=300, help="how often each call is measured")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--json", action="store_true", help="print one JSON value and nothing else")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    costs: list[Cost] = []
    for kind in options.databases.split(","):
        costs += asyncio.run(run(kind, sizes, options.rounds))
    if options.json:
        print(json.dumps([asdict(cost) for cost in costs]))
    else:
        show(costs, sizes)


if __name__ == "__main__":
    main()
