"""What the number of passages costs: time of a search and memory of the service.

    .venv/bin/python -m bench.retrieval.size [--passages 10000,100000] [--chatbots 1,100] [--questions 300] [--json]

The passages are made up and written straight into tables and index; questions are embedded by the built-in model and
asked over gRPC by one caller, one after the other, each once. CPU time is that of the retrieval service.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc
import psutil
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc
from rich.console import Console
from rich.table import Table

from bench.retrieval.made_up import Made, fill
from bench.retrieval.measures import percentile
from bench.retrieval.product import AS_CHAT_ASKS, PASSAGES
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret

LIMITS = (AS_CHAT_ASKS, PASSAGES)

WARM_UP = 20
START_SECONDS = 120


@dataclass(frozen=True)
class Row:
    """One size, asked in one way. Times in milliseconds."""

    passages: int
    chatbots: int
    limit: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    memory_mb: float


def measure(home: Path, made: Made, passages: int) -> list[Row]:
    """Start the service on a full home and ask."""
    signer = TokenSigner(ensure_secret(home / "secrets" / "signing.key"))
    rows = []
    with serving(home) as (address, process), grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(START_SECONDS)
        stub = retrieval_pb2_grpc.RetrievalServiceStub(channel)
        ask(stub, signer, made.questions[:WARM_UP], LIMITS[0])
        part = (len(made.questions) - WARM_UP) // len(LIMITS)
        for place, limit in enumerate(LIMITS):
            # Others each time: what was asked before is remembered.
            start = WARM_UP + place * part
            before = process.cpu_times()
            seconds = ask(stub, signer, made.questions[start : start + part], limit)
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            rows.append(
                Row(
                    passages,
                    made.chatbots,
                    limit,
                    percentile(seconds, 0.5) * 1000,
                    percentile(seconds, 0.99) * 1000,
                    used * 1000 / part,
                    process.memory_info().rss / 2**20,
                )
            )
    return rows


def ask(
    stub: retrieval_pb2_grpc.RetrievalServiceStub, signer: TokenSigner, questions: Sequence[tuple[str, str]], limit: int
) -> list[float]:
    """Seconds of each search."""
    taken = []
    for chatbot, question in questions:
        token = signer.sign(Principal(Role.ROLE_OPERATOR, account_id="acct_1", chatbot_id=chatbot))
        request = retrieval_pb2.SearchRequest(query=question, limit=limit, include_sentences=True)
        began = time.perf_counter()
        response = stub.Search(request, metadata=(("authorization", f"Bearer {token}"),), timeout=60)
        taken.append(time.perf_counter() - began)
        if not response.passages:
            raise SystemExit("a search found nothing")
    return taken


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of a retrieval service on `home`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = {"CHATMOUNT_HOME": str(home), "CHATMOUNT_LISTEN": address, "CHATMOUNT_LOG_LEVEL": "WARNING"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")}
    process = subprocess.Popen([sys.executable, "-m", "services.retrieval"], env=inherited | settings)
    try:
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def show(rows: Sequence[Row]) -> None:
    table = Table()
    for column in ("passages", "chatbots", "passages asked for", "p50 ms", "p99 ms", "CPU-ms", "memory MB"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            f"{row.passages:,}",
            f"{row.chatbots:,}",
            str(row.limit),
            f"{row.p50_ms:.1f}",
            f"{row.p99_ms:.1f}",
            f"{row.cpu_ms:.1f}",
            f"{row.memory_mb:.0f}",
        )
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", default="10000,100000", help="numbers of passages")
    parser.add_argument("--chatbots", default="1,100", help="numbers of chatbots that they are divided among")
    parser.add_argument("--questions", type=int, default=300, help="of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON value and nothing else")
    options = parser.parse_args()
    rows = []
    for passages in map(int, options.passages.split(",")):
        for chatbots in map(int, options.chatbots.split(",")):
            with tempfile.TemporaryDirectory(prefix="chatmount-size-") as folder:
                home = Path(folder)
                made = asyncio.run(fill(home, passages, chatbots, WARM_UP + len(LIMITS) * options.questions))
                rows += measure(home, made, passages)
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        show(rows)


if __name__ == "__main__":
    main()
