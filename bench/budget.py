"""Where the CPU time of one `POST /v1/chat` goes: by process, and by the calls that it is made of.

    .venv/bin/python -m bench.budget [--database postgres] [--together PROCESSES] [--json]

A scripted model answers with 32 tokens at once, from a chatbot with 1,000 passages. A question is asked again and
again, or is a new one each time. All figures are microseconds of CPU time; the calls are made directly, without Envoy
and Chat. `--together` is handed on as CHATMOUNT_TOGETHER. Only ratios of one run can be compared.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.calls import calls_of, repeat_call
from bench.load import post
from bench.model import model
from bench.retrieval.made_up import SENTENCES, WORDS_OF_SENTENCE, Vocabulary
from bench.serving import cpu_seconds, measure
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import PLANS, Stack
from tests.promises.own_postgres import own_postgres

TOKENS = 32
PASSAGES = 1000
ASKED = "How do I rotate the signing key of the payments gateway?"

Costs = dict[str, dict[str, list[float]]]
"""Microseconds by what was asked and by process, one for each round."""


@dataclass(frozen=True)
class Filled:
    """A running stack and its chatbot. `fresh`: questions that were never asked."""

    stack: Stack
    tenant: Tenant
    fresh: Iterator[str]


@contextmanager
def filled(folder: Path, passages: int, settings: dict[str, str]) -> Iterator[Filled]:
    """A stack with a chatbot of so many passages, which answers whatever the question is."""
    (folder / "plans.toml").write_text(PLANS)
    vocabulary, chance = Vocabulary.of_model(), np.random.default_rng(1)
    stack = Stack(
        folder / "home",
        {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_LOG_LEVEL": "ERROR", **settings},
    )
    stack.start("--no-demo")
    try:
        tenant = OperatorClient(stack).tenant(pages=False)
        stack.command("bot", "set", tenant.chatbot_id, "--threshold", "0")
        pages = folder / "pages.jsonl"
        with pages.open("w") as file:
            for number in range(passages):
                text = " ".join(
                    " ".join(vocabulary.pick(chance, WORDS_OF_SENTENCE)).capitalize() + "." for _ in range(SENTENCES)
                )
                page = {"url": f"https://docs.example.com/{number}", "title": f"Page {number}", "text": text}
                file.write(json.dumps(page) + "\n")
        stack.command("source", "add", "--bot", tenant.chatbot_id, str(pages), seconds=None)
        fresh = (f"How do I {' '.join(vocabulary.pick(chance, 8))} in case {number}?" for number in count())
        yield Filled(stack, tenant, fresh)
        stack.stop()
    finally:
        stack.abandon()


def measure_answers(one: Filled, options: argparse.Namespace, costs: Costs) -> None:
    """Answers through the public port."""
    asked = {
        "an answer to what was asked before": iter(lambda: ASKED, None),
        "an answer to something new": one.fresh,
        "the same, streamed": one.fresh,
    }
    for name, questions in asked.items():
        bodies = ({"message": text, **({"stream": True} if "streamed" in name else {})} for text in questions)
        requests = (post("/v1/chat", json.dumps(body).encode(), one.tenant.key) for body in bodies)
        row = measure(name, one.stack.base_url, requests, 200, one.stack.pids, options)
        if row.unexpected:
            raise SystemExit(f"{row.unexpected} requests were refused")
        for process, milliseconds in row.cpu_ms_by_process.items():
            costs.setdefault(name, {}).setdefault(process, []).append(milliseconds * 1000)


async def measure_calls(one: Filled, options: argparse.Namespace, costs: Costs) -> None:
    """The calls alone."""
    async with calls_of(one.stack, one.tenant, ASKED, one.fresh) as calls:
        for name, call in calls.items():
            await repeat_call(call, options.connections, min(0.5, options.seconds))
            before = cpu_seconds(one.stack.pids())
            made = await repeat_call(call, options.connections, options.seconds)
            used: Counter[str] = cpu_seconds(one.stack.pids())
            for process, seconds in used.items():
                microseconds = (seconds - before[process]) * 1e6 / made
                costs.setdefault(name, {}).setdefault(process, []).append(microseconds)


def measured(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """The median of the rounds, by what was asked and by process."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatmount-budget-")))
        settings = {
            "CHATMOUNT_LLM_URL": stack.enter_context(model(folder, TOKENS, 0.0, 0.0)),
            "CHATMOUNT_LLM_MODEL": "m",
        }
        if options.together:
            settings["CHATMOUNT_TOGETHER"] = options.together
        if options.database == "postgres":
            settings["CHATMOUNT_DATABASE_URL"] = stack.enter_context(own_postgres()).url
        one = stack.enter_context(filled(folder, options.passages, settings))
        costs: Costs = {}
        for _ in range(options.rounds):
            measure_answers(one, options, costs)
            asyncio.run(measure_calls(one, options, costs))
    return {name: {process: median(rounds) for process, rounds in of_one.items()} for name, of_one in costs.items()}


def show(costs: dict[str, dict[str, float]]) -> None:
    processes = sorted({process for of_one in costs.values() for process in of_one})
    table: Any = Table(title="Microseconds of CPU time, one run on one machine")
    table.add_column("")
    for column in (*processes, "together"):
        table.add_column(column, justify="right")
    for name, of_one in costs.items():
        figures = [of_one.get(process, 0.0) for process in processes]
        table.add_row(name, *(f"{figure:,.0f}" if figure >= 5 else "" for figure in (*figures, sum(figures))))
    Console(width=140).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite", help="postgres: one is started")
    parser.add_argument("--together", default="", help="the value of CHATMOUNT_TOGETHER: services in one process")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each counted run")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    costs = measured(options)
    if options.json:
        print(json.dumps(costs, indent=2))
    else:
        show(costs)


if __name__ == "__main__":
    main()
