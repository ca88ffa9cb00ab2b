"""What one replica of each service holds: CPU time of answers, memory idle, for passages and for open streams.

    .venv/bin/python -m bench.replica [--passages 4000] [--streams 100] [--rounds 3] [--json]

Each service is a process of its own, on a Postgres and a Redis that are started for it, with a scripted model of 32
tokens. The index is the embedded one: with a Qdrant server, ranking and the memory of passages are that server's. From
the CPU time of each process follows how many answers one CPU holds. It errs high on a machine that does other work.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.__main__ import installed
from bench.budget import Costs, measure_answers
from bench.model import through_stack
from bench.provider import provider
from bench.systems import SPLIT, WIRINGS, Pages, System, cpu_seconds, name_of
from tests.contract.operator_client import Tenant
from tests.contract.stack import Stack

STORES = ("postgres", "redis-server")
PARTS = ("envoy", "auth", "quota", "retrieval", "chat", "web")
MEASURED = (*PARTS, *STORES)
RATE = 20.0  # tokens a second
DELAY = 0.2  # seconds before a model's first token
OPENED_A_SECOND = 20
LOOK_SECONDS = 0.5

Memory = dict[str, float]
"""MiB by part."""


def memory_of(stack: Stack) -> Memory:
    """Of each part, and of the processes that read files for it. As a container's: nobody else shares its libraries."""
    used = dict.fromkeys(PARTS, 0.0)
    for pid in stack.pids():
        try:
            process = psutil.Process(pid)
            name = name_of(process)
            if name not in used:
                continue
            parent = process.parent()
            is_child = parent is not None and name_of(parent) == name
            used[name] += (process.memory_full_info().uss if is_child else process.memory_info().rss) / 2**20
        except psutil.NoSuchProcess:
            continue
    return used


@contextmanager
def watched(stack: Stack) -> Iterator[Memory]:
    """The most of each part while the block runs."""
    most, is_over = memory_of(stack), threading.Event()

    def look() -> None:
        while not is_over.wait(LOOK_SECONDS):
            for name, used in memory_of(stack).items():
                most[name] = max(most[name], used)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        is_over.set()
        looking.join()


def median_of(costs: Costs) -> dict[str, dict[str, float]]:
    """Milliseconds by what was asked and by part."""
    return {
        name: {part: sorted(rounds)[len(rounds) // 2] / 1000 for part, rounds in of_one.items() if part in MEASURED}
        for name, of_one in costs.items()
    }


def with_streams(stack: Stack, system: System, tenant: Tenant, streams: int, tokens: int) -> dict[str, Any]:
    """Memory and CPU time of each part while so many are open."""
    idle, before, began = memory_of(stack), cpu_seconds(system.pids()), time.perf_counter()
    with watched(stack) as most:
        seen = through_stack(stack, tenant, streams, streams, open_within=streams / OPENED_A_SECOND)
    used = cpu_seconds(system.pids())
    return {
        "streams": streams,
        "whole": seen.whole,
        "first_token_p99_ms": seen.percentile_ms(0.99),
        "seconds": time.perf_counter() - began,
        "kib_per_stream": {part: (most[part] - idle[part]) * 1024 / streams for part in PARTS},
        "cpu_us_per_token": {part: (used[part] - before[part]) * 1e6 / (streams * tokens) for part in MEASURED},
    }


def measured(options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="chatmount-replica-") as name, ExitStack() as running:
        folder = Path(name)
        with provider(folder) as model:
            installation = installed(running, folder, Pages(1000), model.url, "postgres")
            tenant = installation.tenant
            assert tenant is not None
            with installation.running(WIRINGS[SPLIT]) as (stack, system):
                found["idle"] = memory_of(stack)
                pages, costs = Pages(1000), Costs()
                for _ in range(options.rounds):
                    measure_answers(system, pages, options, costs)
                found["cpu_ms"] = median_of(costs)
                found["after_answers"] = memory_of(stack)
                model.set(options.tokens, RATE, DELAY)
                found["open"] = with_streams(stack, system, tenant, options.streams, options.tokens)
                model.set(32)
                more = Pages(options.passages).write(folder / "more.jsonl")
                cpu, began = cpu_seconds(system.pids()), time.perf_counter()
                with watched(stack) as most:
                    stack.command("source", "add", "--bot", tenant.chatbot_id, str(more), seconds=None)
                used = cpu_seconds(system.pids())
                found["adding"] = {
                    "passages": options.passages,
                    "seconds": time.perf_counter() - began,
                    "most": most,
                    "cpu_ms_per_passage": (used["retrieval"] - cpu["retrieval"]) * 1000 / options.passages,
                }
            with installation.running(WIRINGS[SPLIT]) as (stack, system):
                many: Costs = {}
                measure_answers(system, Pages(1000), options, many)
                found["with_passages"] = {"memory": memory_of(stack), "cpu_ms": median_of(many)}
    return found


def show(found: dict[str, Any]) -> None:
    def line(title: str, figures: dict[str, float]) -> None:
        print(f"{title:44}" + "".join(f"{figures.get(part, 0.0):13,.2f}" for part in MEASURED))

    print(" " * 44 + "".join(f"{part:>13}" for part in MEASURED))
    line("MiB idle", found["idle"])
    line("MiB after answers", found["after_answers"])
    for title, figures in found["cpu_ms"].items():
        line(f"CPU-ms, {title}", figures)
    line("KiB for an open stream", found["open"]["kib_per_stream"])
    line("CPU-µs for a streamed token", found["open"]["cpu_us_per_token"])
    line("most MiB while passages are added", found["adding"]["most"])
    line("MiB with these passages, after answers", found["with_passages"]["memory"])
    for title, figures in found["with_passages"]["cpu_ms"].items():
        line(f"CPU-ms with them, {title}", figures)
    print(json.dumps({name: found[name] for name in ("open", "adding")}, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=4000, help="so many more than the first thousand")
    parser.add_argument("--streams", type=int, default=100, help="open at once")
    parser.add_argument("--tokens", type=int, default=400, help="of each of them, 20 a second")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each counted run")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


if __name__ == "__main__":
    main()
