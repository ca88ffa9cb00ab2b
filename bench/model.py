"""What the stack adds to a model: time to the first token, streams at once, memory.

    .venv/bin/python -m bench.model [--streams 1000] [--tokens 100] [--cancelled 20000] [--every 5000] [--trials 300]
        [--json]

The model is scripted and runs beside the stack on the same machine. "Added" is the time to the first token through the
whole stack (Envoy, key, limits, search) less that of the same client asking the scripted model directly. `--trials 0`
and `--streams 0` leave those parts out. Memory that grows at first and then no more was not lost.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from bench.load import post
from bench.streams import Streams, read_streams
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import PLANS, SPLIT, Stack
from tests.waiting import eventually

ASKED = b'{"message":"How long can I keep a rented bike?","stream":true}'
ASKED_DIRECTLY = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"How long?"}]}'
RATE = 20.0  # tokens a second
DELAY = 0.2  # seconds before a model's first token
AT_ONCE = (1, 32, 128)
LEAVING_AT_ONCE = 50
SERVICES = ("chat", "quota", "retrieval", "auth")


@contextlib.contextmanager
def model(folder: Path, tokens: int, rate: float, delay: float) -> Iterator[str]:
    """The URL of a scripted model in a process of its own."""
    file = folder / f"model-{tokens}.port"
    command = [sys.executable, "-m", "tests.chat.model.scripted_provider", "--port-file", str(file)]
    process = subprocess.Popen([*command, "--tokens", str(tokens), "--rate", str(rate), "--delay", str(delay)])
    try:
        eventually(lambda: file.exists() and bool(file.read_text()))
        yield f"http://127.0.0.1:{file.read_text()}/v1"
    finally:
        process.terminate()
        process.wait(10)


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
    stack: Stack, tenant: Tenant, streams: int, at_once: int, leave_within: float | None = None
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
        )
    )


def directly(url: str, streams: int, at_once: int) -> Streams:
    request = post("/v1/chat/completions", ASKED_DIRECTLY, "x")
    return asyncio.run(read_streams(url, request, streams, at_once, text=b'"Yes"', end=b"[DONE]"))


def added(folder: Path, trials: int) -> list[dict[str, float]]:
    """Milliseconds that the stack adds to a model's first token."""
    rows = []
    with model(folder, 10, 0.0, DELAY) as url, stack_with(folder, "added", url) as (stack, tenant):
        through_stack(stack, tenant, 50, 10)
        for at_once in AT_ONCE:
            alone = directly(url, max(trials // 4, at_once), at_once)
            whole = through_stack(stack, tenant, max(trials, at_once), at_once)
            rows.append(
                {
                    "streams": at_once,
                    "p50_ms": whole.percentile_ms(0.5) - alone.percentile_ms(0.5),
                    "p99_ms": whole.percentile_ms(0.99) - alone.percentile_ms(0.99),
                    "broken": whole.broken,
                }
            )
    return rows


def resident_mb(stack: Stack) -> dict[str, float]:
    """The memory of each process of the stack, in MiB."""
    processes = {name: stack.process_of(name) for name in SERVICES}
    processes["envoy"] = next(each for each in map(psutil.Process, stack.pids()) if each.name() == "envoy")
    return {name: process.memory_info().rss / 2**20 for name, process in processes.items()}


def opened(stack: Stack, tenant: Tenant, streams: int, tokens: int) -> dict[str, float]:
    """Streams open at once on one Chat process."""
    idle = resident_mb(stack)["chat"]
    began = time.perf_counter()
    seen = through_stack(stack, tenant, streams, streams)
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


def many(folder: Path, streams: int, tokens: int, cancelled: int, every: int) -> dict[str, Any]:
    """Streams open at once, then many whose clients leave."""
    with model(folder, tokens, RATE, DELAY) as url, stack_with(folder, "many", url) as (stack, tenant):
        through_stack(stack, tenant, 20, 10)
        figures = opened(stack, tenant, streams, tokens) if streams else {}
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
    parser.add_argument("--tokens", type=int, default=100, help="tokens of each of them, 20 a second")
    parser.add_argument("--cancelled", type=int, default=20_000, help="streams whose clients leave within a second")
    parser.add_argument("--every", type=int, default=5000, help="how many of them leave between two looks at memory")
    parser.add_argument("--trials", type=int, default=300, help="streams for each figure of added time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = added(Path(name), options.trials) if options.trials else []
        figures = many(Path(name), options.streams, options.tokens, options.cancelled, options.every)
    if options.json:
        print(json.dumps({"added": rows, **figures}, indent=2))
        return
    for row in rows:
        print(f"{row['streams']:4.0f} streams: {row['p50_ms']:.0f} ms added at the median, {row['p99_ms']:.0f} at p99")
    for row in figures.pop("memory_mb"):
        memory = ", ".join(f"{name} {row[name]:.1f}" for name in (*SERVICES, "envoy"))
        print(f"MB after {row['cancelled']:6,.0f} that left: {memory}")
    for title, value in figures.items():
        print(f"{title.replace('_', ' ')}: {value:.1f}")


if __name__ == "__main__":
    main()
