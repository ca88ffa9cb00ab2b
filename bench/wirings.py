"""What a request costs in each wiring: which services share a process.

    .venv/bin/python -m bench.wirings [--seconds 5] [--connections 8] [--rounds 3] [--json]

The wirings take turns, so that a neighbour who comes and goes weighs on all of them. CPU time is that of Envoy, the
services and the launcher. The time to ready is that of a second start, on tables that are there.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from bench.load import post
from bench.modes import REQUESTS, middle, options_of_rounds, running
from bench.serving import Row, measure
from tests.contract.stack import Stack

SPLIT = "split"
WIRINGS = {
    SPLIT: ("--split",),
    "auth,quota,chat": ("--together", "auth,quota,chat"),
    "all in one": ("--together", "auth,quota,chat,retrieval"),
}


def memory_mb(stack: Stack) -> float:
    """Of all its processes, what they share counted once."""
    return sum(psutil.Process(pid).memory_full_info().pss for pid in stack.pids()) / 2**20


def seconds_to_ready(folder: Path, rounds: int) -> dict[str, float]:
    """The middle of so many second starts, in turn."""
    found: dict[str, list[float]] = {name: [] for name in WIRINGS}
    for turn in range(rounds + 1):
        for name, options in WIRINGS.items():
            stack = Stack(folder / "start")
            stack.start("--no-demo", *options)
            found[name] += [stack.seconds_to_ready] if turn else []
            stack.stop()
    return {name: median(seconds) for name, seconds in found.items()}


def measure_all(folder: Path, options: argparse.Namespace) -> tuple[dict[str, list[Row]], dict[str, dict[str, float]]]:
    ready = seconds_to_ready(folder, options.rounds)
    with ExitStack() as stacks:
        wirings = {
            name: stacks.enter_context(running(folder / f"home-{number}", {}, *WIRINGS[name]))
            for number, name in enumerate(WIRINGS)
        }
        rounds: dict[str, list[Row]] = {}
        for _ in range(options.rounds):
            for what, question in REQUESTS.items():
                for name, (stack, key) in wirings.items():
                    row = measure(name, stack.base_url, post("/v1/chat", question, key), 200, stack.pids, options)
                    rounds.setdefault(what, []).append(row)
        facts = {
            name: {"memory_mb": memory_mb(stack), "seconds_to_ready": ready[name]}
            for name, (stack, _) in wirings.items()
        }
        return rounds, facts


def show(rounds: dict[str, list[Row]], facts: dict[str, dict[str, float]]) -> None:
    console = Console(width=140)
    for what, rows in rounds.items():
        table = Table(title=what)
        for column in ("", "requests/s", "CPU-ms/request", "× CPU of split", "p50 ms", "p99 ms", "MB", "s to ready"):
            table.add_column(column, justify="left" if column == "" else "right")
        best = {name: middle([row for row in rows if row.name == name]) for name in facts}
        for name, row in best.items():
            table.add_row(
                name,
                f"{row.per_second:.0f}",
                f"{row.cpu_ms:.2f}",
                f"{row.cpu_ms / best[SPLIT].cpu_ms:.2f}",
                f"{row.p50_ms:.1f}",
                f"{row.p99_ms:.1f}",
                f"{facts[name]['memory_mb']:.0f}",
                f"{facts[name]['seconds_to_ready']:.1f}",
            )
        console.print(table)
        for name, row in best.items():
            parts = ", ".join(f"{part} {cpu_ms:.2f}" for part, cpu_ms in row.cpu_ms_by_process.items() if cpu_ms > 0.01)
            console.print(f"{name}: CPU-ms of {parts}")


def main() -> None:
    options = options_of_rounds(__doc__)
    with tempfile.TemporaryDirectory() as name:
        rounds, facts = measure_all(Path(name), options)
    if options.json:
        print(json.dumps({"rows": [vars(row) for rows in rounds.values() for row in rows], "facts": facts}, indent=2))
    else:
        show(rounds, facts)


if __name__ == "__main__":
    main()
