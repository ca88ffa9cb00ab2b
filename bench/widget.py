"""What a visitor of a website waits for, beside the API: first tokens, and many streams at once.

    .venv/bin/python -m bench.widget [--streams 500] [--tokens 60] [--within 20] [--trials 400] [--json]

A question of a visitor, each with a ticket of their own, and the same question with an API key take turns, so that a
neighbour who comes and goes weighs on both. The model is scripted, and runs beside the stack.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from bench.load import Streams, post, read_streams
from bench.provider import provider
from tests.contract.operator_client import OperatorClient
from tests.contract.stack import MANY, PLANS, USUAL, Stack

QUESTION = b'{"message":"How long can I keep a rented bike?","stream":true}'
SITE = "https://www.example.com"
RATE = 2.0  # tokens a second
DELAY = 0.2  # seconds before a model's first token, of many streams
LIMITS = ("widget_tickets", "widget_messages", "address_tickets", "address_messages")


@dataclass(frozen=True, slots=True)
class Ways:
    """A running stack, and the requests by which its chatbot is asked."""

    stack: Stack
    api: bytes
    widget: Sequence[bytes]
    """One for each visitor."""

    def read(self, request: bytes | Sequence[bytes], streams: int, at_once: int, open_within: float = 0.0) -> Streams:
        return asyncio.run(
            read_streams(
                self.stack.base_url,
                request,
                streams,
                at_once,
                text=b'"token"',
                end=b'{"type":"done"}',
                open_within=open_within,
            )
        )


@contextmanager
def opened(folder: Path, name: str, url: str, visitors: int) -> Iterator[Ways]:
    """A stack whose answers that model writes, with so many visitors of one chatbot."""
    limits = "".join(f"{limit}_per_minute = {MANY}\n" for limit in LIMITS)
    (folder / "plans.toml").write_text(limits + PLANS)
    settings = {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_LOG_LEVEL": "ERROR"}
    stack = Stack(folder / name, {**USUAL, **settings, "CHATMOUNT_LLM_URL": url, "CHATMOUNT_LLM_MODEL": "m"})
    stack.start("--no-demo")
    try:
        tenant = OperatorClient(stack).tenant()
        stack.json("widget", "origin", "add", tenant.chatbot_id, SITE)
        widget = stack.json("widget", "set", tenant.chatbot_id, "--budget", str(MANY))["id"]
        tickets = come(stack, widget, visitors)
        yield Ways(
            stack,
            post("/v1/chat", QUESTION, tenant.key),
            [post("/widget/v1/chat", QUESTION, ticket) for ticket in tickets],
        )
    finally:
        stack.stop()


def come(stack: Stack, widget: str, visitors: int) -> list[str]:
    """The tickets of so many new visitors."""
    with httpx.Client(base_url=stack.base_url, trust_env=False) as client:
        replies = (
            client.post(f"/widget/v1/ticket/{widget}", content="{}", headers={"origin": SITE}) for _ in range(visitors)
        )
        return [reply.raise_for_status().json()["ticket"] for reply in replies]


def later(folder: Path, trials: int) -> dict[str, float]:
    """How much later the first token comes to visitors, in milliseconds."""
    with provider(folder, 5) as model, opened(folder, "later", model.url, trials) as ways:
        first: dict[str, list[float]] = {"api": [], "widget": []}
        broken = 0
        for number, ticket in enumerate(ways.widget):
            for way, request in (("api", ways.api), ("widget", ticket)):
                seen = ways.read(request, 1, 1)
                broken += seen.broken
                if number >= trials // 10:  # the first ones warm both up
                    first[way] += seen.first
        api, widget = (quantiles(first[way], n=100) for way in ("api", "widget"))
        return {
            "p50_later_ms": (widget[49] - api[49]) * 1000,
            "p95_later_ms": (widget[94] - api[94]) * 1000,
            "api_p50_ms": api[49] * 1000,
            "api_p95_ms": api[94] * 1000,
            "broken": broken,
        }


def many(folder: Path, streams: int, tokens: int, within: float) -> dict[str, dict[str, float]]:
    """So many streams open at once, each way, opened within so many seconds."""
    with provider(folder, tokens, RATE, DELAY) as model, opened(folder, "many", model.url, streams) as ways:
        ways.read(ways.widget, 20, 10)
        figures = {}
        for name, request in (("api", ways.api), ("widget", ways.widget)):
            seen = ways.read(request, streams, streams, within)
            figures[name] = {
                "whole": seen.whole,
                "broken": seen.broken,
                "p50_ms": seen.percentile_ms(0.5),
                "p95_ms": seen.percentile_ms(0.95),
            }
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=500, help="streams open at once; 0 leaves this part out")
    parser.add_argument("--tokens", type=int, default=60, help="tokens of each of them, 2 a second")
    parser.add_argument("--within", type=float, default=20.0, help="seconds in which they are opened")
    parser.add_argument("--trials", type=int, default=400, help="questions each way; 0 leaves this part out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found: dict[str, Any] = {}
        if options.trials:
            found["later"] = later(Path(name), options.trials)
        if options.streams:
            found["many"] = many(Path(name), options.streams, options.tokens, options.within)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    if figures := found.get("later"):
        print(
            f"First token by the API: p50 {figures['api_p50_ms']:.0f} ms, p95 {figures['api_p95_ms']:.0f} ms; "
            f"to visitors {figures['p50_later_ms']:+.1f} and {figures['p95_later_ms']:+.1f} ms; "
            f"{figures['broken']:.0f} broken"
        )
    for way, figures in found.get("many", {}).items():
        print(
            f"{options.streams} streams at once, {way}: {figures['whole']:.0f} whole, {figures['broken']:.0f} broken, "
            f"first token p50 {figures['p50_ms']:.0f} ms, p95 {figures['p95_ms']:.0f} ms"
        )


if __name__ == "__main__":
    main()
