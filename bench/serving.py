"""What a request costs: the whole stack beside Envoy alone and a bare gRPC echo.

    .venv/bin/python -m bench.serving [--seconds 5] [--connections 8] [--json]

Requests per second depend on the machine and on its neighbours; the ratios and the CPU time per request are what to
compare. CPU time is that of the servers, without the load generator, which runs beside them on the same cores.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.echo import bare_envoy
from bench.load import Load, get, post, run_load
from tests.contract.operator_client import OperatorClient
from tests.contract.stack import PLANS, USUAL, Stack
from tests.waiting import eventually, free_port

QUESTION = b'{"message":"How long can I keep a rented bike?"}'
QUESTION_STREAMED = b'{"message":"How long can I keep a rented bike?","stream":true}'


@dataclass(frozen=True)
class Row:
    """One line of the result."""

    name: str
    per_second: float
    cpu_ms: float
    cpu_ms_by_process: dict[str, float]
    p50_ms: float
    p99_ms: float
    unexpected: int


def cpu_seconds(pids: list[int]) -> Counter[str]:
    """CPU time that these processes have used so far, by name."""
    used: Counter[str] = Counter()
    for pid in pids:
        process = psutil.Process(pid)
        times = process.cpu_times()
        used[name_of(process)] += times.user + times.system
    return used


def name_of(process: psutil.Process) -> str:
    """What the process is in the stack."""
    command = " ".join(process.cmdline())
    named = (name for name in ("auth", "quota", "retrieval", "chat", "web") if f"services.{name}" in command)
    if "services.together" in command:
        return process.cmdline()[-1]
    if "chatmount up" in command:
        return "launcher"
    return next(named, "echo" if "bench.echo" in command else process.name())


def measure(
    name: str,
    base_url: str,
    request: bytes | Iterator[bytes],
    status: int,
    pids: Callable[[], list[int]],
    options: argparse.Namespace,
) -> Row:
    """A warm-up, then one counted run."""
    run_load(base_url, request, status, options.connections, min(1.0, options.seconds))
    before = cpu_seconds(pids())
    load: Load = run_load(base_url, request, status, options.connections, options.seconds)
    used = cpu_seconds(pids())
    cpu_ms = {name: (used[name] - before[name]) * 1000 / load.requests for name in used}
    return Row(
        name,
        load.per_second,
        sum(cpu_ms.values()),
        cpu_ms,
        load.percentile_ms(0.5),
        load.percentile_ms(0.99),
        load.unexpected,
    )


@contextlib.contextmanager
def echo_server(folder: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of the bare echo."""
    file = folder / "echo.port"
    process = subprocess.Popen([sys.executable, "-m", "bench.echo", str(file)])
    try:
        eventually(lambda: file.exists() and bool(file.read_text()))
        yield int(file.read_text()), process.pid
    finally:
        process.terminate()
        process.wait(10)


async def measure_bare(folder: Path, options: argparse.Namespace) -> list[Row]:
    rows = []
    with echo_server(folder) as (grpc_port, echo_pid):
        async with bare_envoy(folder, free_port(), grpc_port) as (url, envoy_pid):
            for name, request, status, pids in (
                ("Envoy alone", get("/alone"), 404, [envoy_pid]),
                ("gRPC echo, unary", post("/v1/chat", QUESTION, "x"), 200, [envoy_pid, echo_pid]),
                ("gRPC echo, 12 tokens streamed", post("/v1/chat:stream", QUESTION, "x"), 200, [envoy_pid, echo_pid]),
            ):
                rows.append(
                    await asyncio.to_thread(measure, name, url, request, status, lambda pids=pids: pids, options)
                )
    return rows


def measure_stack(folder: Path, options: argparse.Namespace) -> tuple[list[Row], dict[str, float]]:
    (folder / "plans.toml").write_text(PLANS)
    stack = Stack(folder / "home", {**USUAL, "CHATMOUNT_PLANS_FILE": str(folder / "plans.toml")})
    stack.start("--no-demo")
    first_start = stack.seconds_to_ready
    stack.stop()
    stack.start("--no-demo")
    try:
        tenant = OperatorClient(stack).tenant()
        processes = len(stack.pids())
        # Only root may see what processes share that let nobody look into them.
        memory_mb = sum(psutil.Process(pid).memory_full_info().pss for pid in stack.pids()) / 2**20
        rows = [
            measure(name, stack.base_url, request, status, stack.pids, options)
            for name, request, status in (
                ("Chatmount, unknown path", get("/nothing"), 404),
                ("Chatmount, wrong key", post("/v1/chat", QUESTION, "cm_live_wrong"), 429),
                ("Chatmount, answer", post("/v1/chat", QUESTION, tenant.key), 200),
                ("Chatmount, answer streamed", post("/v1/chat", QUESTION_STREAMED, tenant.key), 200),
            )
        ]
    finally:
        stack.stop()
    facts = {
        "processes": float(processes),
        "idle_memory_mb": memory_mb,
        "first_start_seconds": first_start,
        "second_start_seconds": stack.seconds_to_ready,
    }
    return rows, facts


def show(rows: list[Row], facts: dict[str, float]) -> None:
    table = Table(title="One run on one machine")
    for column in ("", "requests/s", "CPU-ms/request", "p50 ms", "p99 ms", "× CPU of echo", "unexpected"):
        table.add_column(column, justify="left" if column == "" else "right")
    echo = next(row.cpu_ms for row in rows if row.name == "gRPC echo, unary")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.per_second:.0f}",
            f"{row.cpu_ms:.2f}",
            f"{row.p50_ms:.1f}",
            f"{row.p99_ms:.1f}",
            f"{row.cpu_ms / echo:.1f}",
            str(row.unexpected),
        )
    console = Console(width=120)
    console.print(table)
    for row in rows:
        parts = ", ".join(f"{name} {cpu_ms:.2f}" for name, cpu_ms in row.cpu_ms_by_process.items() if cpu_ms >= 0.01)
        console.print(f"{row.name}: CPU-ms of {parts}")
    console.print(f"Memory of the idle stack (proportional set size): {facts['idle_memory_mb']:.0f} MB")
    console.print(
        f"Time to ready: first start {facts['first_start_seconds']:.1f} s, second {facts['second_start_seconds']:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each counted run")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = asyncio.run(measure_bare(folder, options))
        rows, facts = measure_stack(folder, options)
    if options.json:
        print(json.dumps({"rows": [vars(row) for row in bare + rows], **facts}, indent=2))
    else:
        show(bare + rows, facts)


if __name__ == "__main__":
    main()
