"""What pages of the dashboard cost with 1,000 sources and 100,000 turns, beside their budgets.

    .venv/bin/python -m bench.dashboard [--rounds 50] [--database sqlite|postgres] [--only sources] [--paint 5] [--json]

The data is written straight into the tables of a whole stack. There are 100 chatbots; all sources and turns are of the
one that is looked at. One person, who owns the account, visits every page through the edge; an operator those of the
installation. Times depend on the machine and on its neighbours; CPU time is that of all processes of the stack, for one
visit.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.dashboard.browser import Browser
from bench.dashboard.installed import Installed, installed
from bench.dashboard.painting import first_paints
from bench.retrieval.measures import percentile
from bench.systems import cpu_seconds
from tests.web.filled.addresses import addresses
from tests.web.page_weight import MAXIMUM_BYTES, MAXIMUM_REQUESTS, PageWeight

P50_MS, P95_MS, TEXT_SEARCH_MS, PAINT_MS = 15.0, 60.0, 500.0, 300.0
MEMORY_MB = 90.0
WARM_UP = 3
TEXT_SEARCH = "bot/conversations?text="
SEARCHES = ("bot/turns/request_id/correct", "bot/unanswered/unq")
"""Pages that search for a question as an answer does, which takes most of their time."""


@dataclass(frozen=True)
class Visited:
    """A page. Bytes: of the page alone, and compressed with its files."""

    page: str
    html_bytes: int
    compressed_bytes: int
    requests: int
    p50_ms: float
    p95_ms: float
    cpu_ms: dict[str, float]
    paint_ms: float = 0.0
    """Of the first paint in a browser; 0: not looked at."""

    @property
    def faults(self) -> str:
        """The budgets that it breaks."""
        p50_ms, p95_ms = P95_MS if self.page in SEARCHES else P50_MS, P95_MS
        if self.page.startswith(TEXT_SEARCH):
            p50_ms = p95_ms = TEXT_SEARCH_MS
        limits = (
            ("bytes", self.compressed_bytes, MAXIMUM_BYTES),
            ("requests", self.requests, MAXIMUM_REQUESTS),
            ("p50", self.p50_ms, p50_ms),
            ("p95", self.p95_ms, p95_ms),
            ("paint", self.paint_ms, PAINT_MS),
        )
        return " ".join(name for name, value, limit in limits if value > limit)


def visit(ready: Installed, page: str, address: str, rounds: int) -> Visited | None:
    """One page; None for anything else: a redirect, a stream, a file.

    SystemExit when it does not open.
    """
    browser = ready.operator if page.startswith("installation") else ready.owner
    reply = browser.get(address)
    if reply.status == 303 or reply.kind != "text/html":
        return None
    if reply.status != 200:
        raise SystemExit(f"{address} answered {reply.status}")
    for _ in range(WARM_UP):
        browser.get(address)
    before, seconds = cpu_seconds(ready.pids()), []
    for _ in range(rounds):
        began = time.perf_counter()
        browser.get(address)
        seconds.append(time.perf_counter() - began)
    used = cpu_seconds(ready.pids())
    weight = PageWeight.of(reply.body.decode())
    return Visited(
        page,
        weight.html_bytes,
        weight.compressed_bytes + sum(file_bytes(browser, file) for file in weight.files),
        weight.requests,
        percentile(seconds, 0.5) * 1000,
        percentile(seconds, 0.95) * 1000,
        {name: (used[name] - before[name]) * 1000 / rounds for name in used},
    )


def file_bytes(browser: Browser, path: str) -> int:
    """Bytes of a file as the edge sends it."""
    return len(browser.get(path, **{"Accept-Encoding": "gzip"}).body)


def show(rows: Sequence[Visited], facts: Mapping[str, float]) -> None:
    table = Table(title="One run on one machine")
    for column in (
        "page",
        "bytes",
        "with files, gz",
        "requests",
        "p50 ms",
        "p95 ms",
        "paint ms",
        "CPU-ms",
        "of",
        "too much",
    ):
        table.add_column(column, justify="left" if column in ("page", "of", "too much") else "right")
    for row in rows:
        most = sorted(row.cpu_ms.items(), key=lambda pair: -pair[1])
        table.add_row(
            row.page,
            f"{row.html_bytes:,}",
            f"{row.compressed_bytes:,}",
            str(row.requests),
            f"{row.p50_ms:.1f}",
            f"{row.p95_ms:.1f}",
            f"{row.paint_ms:.0f}" if row.paint_ms else "",
            f"{sum(row.cpu_ms.values()):.1f}",
            ", ".join(f"{name} {cpu_ms:.1f}" for name, cpu_ms in most if cpu_ms >= 0.2),
            row.faults,
        )
    console = Console(width=180)
    console.print(table)
    for name, value in facts.items():
        console.print(f"{name}: {value:,.0f}")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="visits of each page")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--only", default="", help="a part of the names of the pages to visit")
    parser.add_argument("--paint", type=int, default=0, help="visits of each page in Chromium, for its first paint")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="chatmount-dashboard-") as name,
        installed(Path(name), options.database) as ready,
    ):
        pages = [each for each in addresses(ready.known) if options.only in each[0]]
        rows = [row for page, address in pages if (row := visit(ready, page, address, options.rounds))]
        if options.paint:
            of_rows = {row.page for row in rows}
            painted = first_paints(ready, [each for each in pages if each[0] in of_rows], options.paint)
            rows = [replace(row, paint_ms=painted[row.page]) for row in rows]
        memory = ready.stack.process_of("web").memory_info().rss / 2**20
    facts = {f"Memory of web in MB, of {MEMORY_MB:.0f}": memory}
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "memory_mb": memory}, indent=2))
    else:
        show(rows, facts)


if __name__ == "__main__":
    main()
