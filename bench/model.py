"""Many streams: what a thousand that are open at once cost, and what many that are abandoned leave behind.

    .venv/bin/python -m bench.model [--streams 1000] [--within 10] [--tokens 400] [--cancelled 20000] [--every 5000]
        [--json]

The model is scripted and runs beside the stack on the same machine. `--streams 0` leaves the first part out. Memory
that grows at first and then no more was not lost.
"""

import argparse
import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from bench.load import post
from bench.provider import provider
from bench.streams import Streams, read_streams
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.plans import PLANS
from tests.contract.stack import SPLIT, Stack

ASKED = b'{"message":"How long can I keep a rented bike?","stream":true}'
RATE = 20.0  # tokens a second
DELAY = 0.2  # seconds before a model's first token
LEAVING_AT_ONCE = 50
SERVICES = ("chat", "quota", "retrieval", "auth")


@contextlib.contextmanager
def stack_with(folder: Path, name: str, url: str) -> Iterator[tuple[Stack, Tenant]]:
    """A stack whose answers that model writes, and a chatbot in it."""
    (folder / "plans.toml").write_text(PLANS)
    variables = {
        **SPLIT,
        "CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"),
        "CHATMOUNT_LLM_URL": url,
        "CHATMOUNT_LLM_MODEL": "m",
        "CHATMOUNT_LOG_LEVEL": "ERROR",
    }
    stack = Stack(folder / name, variables)
    stack.start("--no-demo")
    try:
        yield stack, OperatorClient(stack).tenant()
    finally:
        stack.stop()


def through_stack(
    stack: Stack,
    tenant: Tenant,
    streams: int,
    at_once: int,
    leave_within: float | None = None,
    open_within: float = 0.0,
) -> Streams:
    request = post("/v1/chat", ASKED, tenant.key)
    return asyncio.run(
        read_streams(
            stack.base_url,
            request,
            streams,
            at_once,
            text=b'"token"',
            end=b'{"type":"done"}',
            leave_within=leave_within,
            open_within=open_within,
        )
    )


def resident_mb(stack: Stack) -> dict[str, float]:
    """The memory of each process of the stack, in MiB."""
    processes = {name: stack.process_of(name) for name in SERVICES}
    processes["envoy"] = next(each for each in map(psutil.Process, stack.pids()) if each.name() == "envoy")
    return {name: process.memory_info().rss / 2**20 for name, process in processes.items()}


def opened(stack: Stack, tenant: Tenant, streams: int, within: float, tokens: int) -> dict[str, float]:
    """Streams open at once on one Chat process, opened within so many seconds: sooner, they would be a flood."""
    idle = resident_mb(stack)["chat"]
    began = time.perf_counter()
    seen = through_stack(stack, tenant, streams, streams, open_within=within)
    return {
        "open_at_once": streams,
        "whole": seen.whole,
        "broken": seen.broken,
        "seconds": time.perf_counter() - began,
        "alone_seconds": DELAY + tokens / RATE,
        "first_token_p50_ms": seen.percentile_ms(0.5),
        "first_token_p99_ms": seen.percentile_ms(0.99),
        "idle_mb": idle,
        "after_streams_mb": resident_mb(stack)["chat"],
    }


def left(stack: Stack, tenant: Tenant, cancelled: int, every: int) -> list[dict[str, float]]:
    """The memory of each process after every so many streams whose clients left within a second."""
    # Pools and caches are as large as they get after the first tenth.
    through_stack(stack, tenant, cancelled // 10, LEAVING_AT_ONCE, leave_within=1.0)
    rows: list[dict[str, float]] = [{"cancelled": 0, **resident_mb(stack)}]
    for done in range(0, cancelled, every):
        seen = through_stack(stack, tenant, min(every, cancelled - done), LEAVING_AT_ONCE, leave_within=1.0)
        rows.append({"cancelled": rows[-1]["cancelled"] + seen.left, **resident_mb(stack)})
    return rows


def many(folder: Path, streams: int, within: float, tokens: int, cancelled: int, every: int) -> dict[str, Any]:
    """Streams open at once, then many whose clients leave."""
    with provider(folder, tokens, RATE, DELAY) as model, stack_with(folder, "many", model.url) as (stack, tenant):
        through_stack(stack, tenant, 20, 10)
        figures = opened(stack, tenant, streams, within, tokens) if streams else {}
        rows = left(stack, tenant, cancelled, every)
        return {
            **figures,
            "cancelled": rows[-1]["cancelled"],
            "growth_percent": 100 * (rows[-1]["chat"] / rows[0]["chat"] - 1),
            "memory_mb": rows,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1000, help="streams open at once")
    parser.add_argument("--within", type=float, default=10.0, help="seconds in which they are opened")
    parser.add_argument("--tokens", type=int, default=400, help="tokens of each of them, 20 a second")
    parser.add_argument("--cancelled", type=int, default=20_000, help="streams whose clients leave within a second")
    parser.add_argument("--every", type=int, default=5000, help="how many of them leave between two looks at memory")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = many(Path(name), options.streams, options.within, options.tokens, options.cancelled, options.every)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for row in figures.pop("memory_mb"):
        memory = ", ".join(f"{name} {row[name]:.1f}" for name in (*SERVICES, "envoy"))
        print(f"MB after {row['cancelled']:6,.0f} that left: {memory}")
    for title, value in figures.items():
        print(f"{title.replace('_', ' ')}: {value:.1f}")


if __name__ == "__main__":
    main()
