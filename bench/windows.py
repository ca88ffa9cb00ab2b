"""What a decision about a minute window costs, beside the `limits` library.

    .venv/bin/python -m bench.windows [--seconds 3] [--callers 32] [--json]

`limits` is no dependency. To have its rows as well:

    .venv/bin/python -m pip install --target /tmp/limits limits
    PYTHONPATH=/tmp/limits .venv/bin/python -m bench.windows

Decisions per second depend on the machine and its neighbours: compare the ratios of one run. CPU time is that of this
process and of Redis.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from services.windows.choose import open_windows
from tests.redis_server import RedisServer

KEYS = 64
# Some decisions of a run are refusals, as they are in use.
LIMIT = 5_000

Decide = Callable[[str], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """One line of the result."""

    name: str
    per_second: float
    cpu_ms: float
    redis_cpu_ms: float


@asynccontextmanager
async def ours(redis_url: str) -> AsyncIterator[Decide]:
    # A busy machine must not turn a decision of Redis' into one of the fallback.
    windows = open_windows(redis_url, redis_timeout_ms=5_000)
    try:
        yield lambda key: windows.hit(key, LIMIT)
    finally:
        await windows.close()


@asynccontextmanager
async def theirs(storage_url: str, strategy: str) -> AsyncIterator[Decide]:
    """A strategy of the `limits` library that tells what ours tells."""
    limits, storage = importlib.import_module("limits"), importlib.import_module("limits.storage")
    kept: Any = storage.storage_from_string(
        storage_url, **({"implementation": "redispy"} if "redis" in storage_url else {})
    )
    limiter = getattr(importlib.import_module("limits.aio.strategies"), strategy)(kept)
    item = limits.RateLimitItemPerMinute(LIMIT)

    async def decide(key: str) -> object:
        return await limiter.hit(item, key), await limiter.get_window_stats(item, key)

    yield decide


def cpu_of(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


async def decide_again_and_again(decide: Decide, callers: int, seconds: float, name: str) -> int:
    """Decisions that were made by the callers together."""
    made = 0
    end = time.perf_counter() + seconds

    async def one_after_the_other(number: int) -> None:
        nonlocal made
        while time.perf_counter() < end:
            # What never waits must not keep the others from their turn.
            for _ in range(50):
                await decide(f"{name}-{(number + made) % KEYS}")
                made += 1
            await asyncio.sleep(0)

    await asyncio.gather(*map(one_after_the_other, range(callers)))
    return made


async def measure(name: str, decide: Decide, redis: psutil.Process, options: argparse.Namespace) -> Row:
    """A warm-up, then one counted run."""
    await decide_again_and_again(decide, options.callers, min(0.5, options.seconds), name)
    own, began = psutil.Process(), time.perf_counter()
    before, redis_before = cpu_of(own), cpu_of(redis)
    made = await decide_again_and_again(decide, options.callers, options.seconds, name)
    cpu, redis_cpu = cpu_of(own) - before, cpu_of(redis) - redis_before
    return Row(name, made / (time.perf_counter() - began), (cpu + redis_cpu) * 1000 / made, redis_cpu * 1000 / made)


async def measure_all(redis: RedisServer, options: argparse.Namespace) -> list[Row]:
    kinds = {
        "ours, Redis": ours(redis.url),
        "ours, in process": ours(""),
    }
    if importlib.util.find_spec("limits") is not None:
        for storage, url in (("Redis", f"async+redis+{redis.url}"), ("in process", "async+memory://")):
            kinds[f"limits, {storage}, fixed window"] = theirs(url, "FixedWindowRateLimiter")
            kinds[f"limits, {storage}, moving window"] = theirs(url, "MovingWindowRateLimiter")
    rows = []
    for name, kind in kinds.items():
        async with kind as decide:
            rows.append(await measure(name, decide, psutil.Process(redis.pid), options))
    return rows


def show(rows: list[Row]) -> None:
    table = Table(title="One run on one machine")
    for column in ("", "decisions/s", "CPU-ms/decision", "of which Redis", "× decisions/s of ours, Redis", "× its CPU"):
        table.add_column(column, justify="left" if column == "" else "right")
    base = rows[0]
    for row in rows:
        table.add_row(
            row.name,
            f"{row.per_second:.0f}",
            f"{row.cpu_ms:.4f}",
            f"{row.redis_cpu_ms:.4f}",
            f"{row.per_second / base.per_second:.2f}",
            f"{row.cpu_ms / base.cpu_ms:.2f}",
        )
    console = Console(width=120)
    console.print(table)
    if len(rows) == 2:
        console.print("Without the rows of the limits library, which is not installed: see --help.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each counted run")
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    with RedisServer() as redis:
        rows = asyncio.run(measure_all(redis, options))
    if options.json:
        print(json.dumps([vars(row) for row in rows], indent=2))
    else:
        show(rows)


if __name__ == "__main__":
    main()
