"""What one replica of each service holds: CPU time of answers, memory idle, for passages and for open streams.

    .venv/bin/python -m bench.replica [--passages 4000] [--streams 100] [--rounds 3] [--json]

Each service is a process of its own, on a Postgres and a Redis that are started for it, with a scripted model of 32
tokens. The index is the embedded one: with a Qdrant server, ranking and the memory of passages are that server's. From
the CPU time of each process follows how many answers one CPU holds. It errs high on a machine that does other work.
Printed are the rows of the table in docs/kubernetes.md, and the figures of the list below it.
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
SHARE = 0.7  # of a CPU that is used
EXAMPLE = 20  # new answers a second

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
        "tokens": tokens,
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
    """As docs/kubernetes.md has them."""
    asked, new = (found["cpu_ms"][f"an answer to {what}"] for what in ("what was asked before", "something new"))
    token, stream = found["open"]["cpu_us_per_token"], found["open"]["kib_per_stream"]
    for part in PARTS:
        cells = [part.capitalize() if part == "envoy" else part, *["–"] * 3]
        if part != "web":
            answers = round(SHARE * 1000 / new[part] / 5) * 5
            cells[1:] = (f"{asked[part]:.1f} ms", f"{new[part]:.1f} ms", str(answers))
        cells += (f"{found[when][part]:.0f} MiB" for when in ("idle", "after_answers"))
        cells.append(f"{stream[part]:.0f} KiB" if part in {"envoy", "chat"} else "–")
        print(f"| {' | '.join(cells)} |")
    adding = found["adding"]
    more = found["with_passages"]["memory"]["retrieval"] - found["after_answers"]["retrieval"]
    # A stream has all its tokens, an answer of the table those of the script.
    cpus = {
        part: EXAMPLE * new[part] / 1000 + (EXAMPLE * found["open"]["tokens"] * token[part] / 1e6)
        for part in PARTS[:-1]
    }
    print(
        f"A token: chat {token['chat']:.0f} µs, Envoy {token['envoy']:.0f} µs; streams for one CPU of chat: "
        f"{SHARE * 1e6 / RATE / token['chat']:.0f}",
        f"Passages: {more * 1000 / adding['passages']:.0f} MiB for 1,000 of {adding['passages']:,}; "
        f"{adding['cpu_ms_per_passage']:.0f} ms of CPU each; retrieval {adding['most']['retrieval']:.0f} MiB at most",
        f"Postgres: {new['postgres']:.1f} ms of CPU for a new answer",
        f"{EXAMPLE} answers a second of {found['open']['tokens']} tokens, in CPUs: "
        + ", ".join(f"{part} {used:.1f}" for part, used in cpus.items()),
        f"Streams: {found['open']['whole']} of {found['open']['streams']} whole, first token within "
        f"{found['open']['first_token_p99_ms']:.0f} ms for 99 of 100",
        sep="\n",
    )


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
