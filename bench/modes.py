"""What a request costs in each mode, in one run on one machine.

    .venv/bin/python -m bench.modes [--seconds 5] [--connections 8] [--json]

The modes take turns, so that a neighbour who comes and goes weighs on all of them. CPU time is that of Envoy, the
services, Postgres and Redis, without the load generator; the index is the embedded one in every mode. Two replicas on
the cores of one show what a second replica costs, not what it gains.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from bench.load import post
from bench.serving import QUESTION, QUESTION_STREAMED, Row, measure
from tests.contract.operator_client import OperatorClient
from tests.contract.stack import PLANS, USUAL, Stack
from tests.promises.own_postgres import own_postgres
from tests.redis_server import RedisServer

TWO = ("--replicas", "auth=2,quota=2,chat=2")
REQUESTS = {"answer": QUESTION, "answer streamed": QUESTION_STREAMED}


@dataclass(frozen=True)
class Mode:
    """A running stack, a key to it, and all processes that work for it."""

    name: str
    stack: Stack
    key: str
    pids: Callable[[], list[int]]


@contextmanager
def sqlite(folder: Path) -> Iterator[Mode]:
    with running(folder, {}) as (stack, key):
        yield Mode("SQLite", stack, key, stack.pids)


@contextmanager
def postgres_and_redis(folder: Path, name: str, *options: str) -> Iterator[Mode]:
    with own_postgres() as postgres, RedisServer() as redis:
        settings = {
            "CHATMOUNT_DATABASE_URL": postgres.url,
            "CHATMOUNT_REDIS_URL": redis.url,
            "CHATMOUNT_REDIS_TIMEOUT_MS": "5000",
        }
        with running(folder, settings, *options) as (stack, key):
            yield Mode(name, stack, key, lambda: [*stack.pids(), *postgres.pids(), redis.pid])


@contextmanager
def running(folder: Path, settings: Mapping[str, str], *options: str) -> Iterator[tuple[Stack, str]]:
    folder.mkdir()
    (folder / "plans.toml").write_text(PLANS)
    stack = Stack(folder / "home", {**USUAL, "CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), **settings})
    stack.start("--no-demo", *options)
    try:
        yield stack, OperatorClient(stack).tenant().key
        stack.stop()
    finally:
        stack.abandon()


def memory_mb(mode: Mode) -> float:
    """Of all its processes, what they share counted once."""
    return sum(psutil.Process(pid).memory_full_info().pss for pid in mode.pids()) / 2**20


def middle(rows: list[Row]) -> Row:
    """The round whose CPU time is the median."""
    return min(rows, key=lambda row: abs(row.cpu_ms - median(each.cpu_ms for each in rows)))


def measure_all(folder: Path, options: argparse.Namespace) -> tuple[list[Row], dict[str, float]]:
    with ExitStack() as stacks:
        modes = [
            stacks.enter_context(sqlite(folder / "sqlite")),
            stacks.enter_context(postgres_and_redis(folder / "one", "Postgres and Redis")),
            stacks.enter_context(postgres_and_redis(folder / "two", "Postgres and Redis, 2 replicas", *TWO)),
        ]
        rounds: dict[str, list[Row]] = {}
        for _ in range(options.rounds):
            for what, question in REQUESTS.items():
                for mode in modes:
                    request = post("/v1/chat", question, mode.key)
                    name = f"{mode.name}: {what}"
                    row = measure(name, mode.stack.base_url, request, 200, mode.pids, options)
                    rounds.setdefault(name, []).append(row)
        return [middle(rows) for rows in rounds.values()], {mode.name: memory_mb(mode) for mode in modes}


def show(rows: list[Row], memory: dict[str, float]) -> None:
    table = Table(title="One run on one machine")
    for column in ("", "requests/s", "CPU-ms/request", "× CPU of SQLite", "p50 ms", "p99 ms", "× p99", "unexpected"):
        table.add_column(column, justify="left" if column == "" else "right")
    for row in rows:
        base = next(one for one in rows if one.name == f"SQLite: {row.name.rpartition(': ')[2]}")
        table.add_row(
            row.name,
            f"{row.per_second:.0f}",
            f"{row.cpu_ms:.2f}",
            f"{row.cpu_ms / base.cpu_ms:.2f}",
            f"{row.p50_ms:.1f}",
            f"{row.p99_ms:.1f}",
            f"{row.p99_ms / base.p99_ms:.2f}",
            str(row.unexpected),
        )
    console = Console(width=140)
    console.print(table)
    for row in rows:
        parts = ", ".join(f"{name} {cpu_ms:.2f}" for name, cpu_ms in row.cpu_ms_by_process.items() if cpu_ms >= 0.01)
        console.print(f"{row.name}: CPU-ms of {parts}")
    for name, megabytes in memory.items():
        console.print(f"{name}: {megabytes:.0f} MB (proportional set size)")


def options_of_rounds(description: str | None) -> argparse.Namespace:
    """What a command that measures in rounds was given: seconds, connections, rounds, json."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each counted run")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser.parse_args()


def main() -> None:
    options = options_of_rounds(__doc__)
    with tempfile.TemporaryDirectory() as name:
        rows, memory = measure_all(Path(name), options)
    if options.json:
        print(json.dumps({"rows": [vars(row) for row in rows], "memory_mb": memory}, indent=2))
    else:
        show(rows, memory)


if __name__ == "__main__":
    main()
