"""What answers cost: the product in each wiring and with each store, beside a small server written by hand.

    .venv/bin/python -m bench [--quick] [--save FILE] [--compare FILE] [--wirings split,default,one]
        [--stores sqlite,postgres] [--parts start,unary,new,streams,overload] [--callers 1,8,32,64] [--rounds 3]

In each round all systems take their turn, so that a neighbour who comes and goes weighs on all of them. Shown are the
median of the rounds, the least and the most, and after × the ratio to the baseline: only ratios of one run can be
compared with those of another. `--compare` says of each figure whether it is better or worse than in a saved run, or
whether that is noise. CPU time is that of the servers, of Postgres and of Redis, without clients and model.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from bench import figures
from bench.answers import PARTS, Measuring
from bench.baseline import baseline
from bench.baseline import fill as fill_baseline
from bench.figures import BASELINE, Rounds, add, differences, ratios
from bench.load import run_load
from bench.provider import provider
from bench.systems import WIRINGS, Installation, Pages, System, install
from tests.contract.stack import Stack
from tests.promises.own_postgres import own_postgres
from tests.redis_server import RedisServer

STORES = ("sqlite", "postgres")


def installed(stack: ExitStack, folder: Path, pages: Pages, model_url: str, store: str) -> Installation:
    """An installation with such a store, which ends with `stack`."""
    settings = {"CHATMOUNT_LLM_URL": model_url, "CHATMOUNT_LLM_MODEL": "m"}
    if store == "sqlite":
        return install(folder / store, pages, settings)
    postgres, redis = stack.enter_context(own_postgres()), stack.enter_context(RedisServer())
    settings |= {"CHATMOUNT_DATABASE_URL": postgres.url, "CHATMOUNT_REDIS_URL": redis.url}
    # On a machine that is full of work, the usual patience is a limit of its own.
    settings |= {"CHATMOUNT_DATABASE_TIMEOUT_MS": "10000", "CHATMOUNT_REDIS_TIMEOUT_MS": "5000"}
    return install(folder / store, pages, settings, lambda: [*postgres.pids(), redis.pid])


@contextmanager
def turn(installation: Installation, wiring: str, rounds: Rounds, name: str) -> Iterator[System]:
    """A stack as it starts again, with the time until it has answered."""
    began = time.monotonic()
    with installation.running(WIRINGS[wiring]) as (_, system):
        run_load(system.url, system.request(), 200, 1, 0.0)
        add(rounds, name, "s to the first answer, warm", time.monotonic() - began)
        yield system


def start_cold(folder: Path, wiring: str, rounds: Rounds, name: str) -> None:
    """From an empty home to the first reply of the public port."""
    home = folder / f"cold-{wiring}-{len(rounds.get(name, {}).get('s to ready, cold', []))}"
    stack = Stack(home, {"CHATMOUNT_TOGETHER": WIRINGS[wiring]})
    try:
        stack.start("--no-demo")
        add(rounds, name, "s to ready, cold", stack.seconds_to_ready)
        stack.stop()
    finally:
        stack.abandon()


def measure_all(options: argparse.Namespace) -> Rounds:
    rounds: Rounds = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatmount-bench-")))
        model = stack.enter_context(provider(folder))
        pages = Pages(options.passages)
        key = fill_baseline(folder, pages.pages)
        installations = {
            store: installed(stack, folder, pages, model.url, store) for store in options.stores if options.wirings
        }
        measuring = Measuring(rounds, model, pages.fresh(), options)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", flush=True)
            measuring.read_model_alone()
            with baseline(folder, model.url) as (url, pid):
                measuring.of(BASELINE, System(url, key, lambda pid=pid: [pid]))  # type: ignore[misc]
            for (store, installation), wiring in product(installations.items(), options.wirings):
                name = f"{wiring}, {store}"
                if "start" in options.parts and store == "sqlite":
                    start_cold(folder, wiring, rounds, name)
                with turn(installation, wiring, rounds, name) as system:
                    measuring.of(name, system)
    return rounds


def cell(rounds: Rounds, system: str, figure: str) -> str:
    values = rounds[system].get(figure)
    if not values:
        return ""
    text = f"{median(values):.4g}"
    if len(values) > 1 and min(values) != max(values):
        text += f" ({min(values):.3g}–{max(values):.3g})"
    of = ratios(rounds, system, figure)
    return f"{text} ×{median(of):.2f}" if of else text


def show(console: Console, rounds: Rounds) -> None:
    names = list(dict.fromkeys(figure for of_one in rounds.values() for figure in of_one))
    for store in STORES:
        systems = [name for name in rounds if name == BASELINE or name.endswith(store)]
        if systems == [BASELINE] and len(rounds) > 1:
            continue
        table = Table(title=f"One run on one machine, {store}")
        for column in ("", *(system.removesuffix(f", {store}") for system in systems)):
            table.add_column(column, justify="right" if column else "left")
        for figure in names:
            if any(figure in rounds[system] for system in systems):
                table.add_row(figure, *(cell(rounds, system, figure) for system in systems))
        console.print(table)


def show_differences(console: Console, before: Rounds, after: Rounds) -> None:
    table = Table(title="Compared with the saved run (× is a ratio to the baseline)")
    for column in ("", "", "before", "now", "verdict"):
        table.add_column(column, justify="right" if column in {"before", "now"} else "left")
    for each in differences(before, after):
        sign = "×" if each.is_ratio else ""
        table.add_row(each.system, each.figure, f"{sign}{each.before:.3g}", f"{sign}{each.after:.3g}", each.verdict)
    console.print(table)


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def some(known: tuple[str, ...]) -> dict[str, object]:
        def named(text: str) -> list[str]:
            chosen = [name.strip() for name in text.split(",") if name.strip()]
            if unknown := [name for name in chosen if name not in known]:
                raise argparse.ArgumentTypeError(f"there is no {unknown[0]}: choose of {', '.join(known)}")
            return chosen

        return {"type": named, "default": list(known), "metavar": ",".join(known)}

    parser.add_argument("--wirings", **some(tuple(WIRINGS)))  # type: ignore[arg-type]
    parser.add_argument("--stores", **some(STORES))  # type: ignore[arg-type]
    parser.add_argument("--parts", **some(PARTS))  # type: ignore[arg-type]
    parser.add_argument("--callers", type=lambda text: [int(each) for each in text.split(",")], default=[1, 8, 32, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each counted run")
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="one round of the default wiring on SQLite, in 3 minutes")
    parser.add_argument("--save", type=Path, help="write all values of all rounds to this file, as JSON")
    parser.add_argument("--compare", type=Path, help="a file that --save wrote")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.wirings, options.stores = 1, ["default"], ["sqlite"]
    return options


def main() -> None:
    options, began = options_of(), time.monotonic()
    before = figures.load(options.compare) if options.compare else None
    rounds = measure_all(options)
    console = Console(width=150)
    show(console, rounds)
    if before is not None:
        show_differences(console, before, rounds)
    console.print(
        f"{time.monotonic() - began:.0f} s, {psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f}"
    )
    if options.save:
        about = {"processors": psutil.cpu_count(), "machine": platform.platform(), "at": time.strftime("%F %T")}
        figures.save(options.save, rounds, about)


if __name__ == "__main__":
    main()
