"""What a visitor of a website waits for, beside the API: first tokens, and many streams at once.

    .venv/bin/python -m bench.widget [--streams 500] [--tokens 44] [--within 20] [--rounds 4] [--trials 400] [--json]

A question of a visitor, each with a ticket of their own, and the same question with an API key take turns, so that a
neighbour who comes and goes weighs on both. So do rounds of many streams, and the way that begins changes. The model is
scripted, and runs beside the stack.
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

from bench.load import percentile, post
from bench.provider import provider
from bench.streams import Streams, read_streams
from tests.contract.operator_client import OperatorClient
from tests.contract.plans import MANY, PLANS
from tests.contract.stack import USUAL, Stack

QUESTION = b'{"message":"How long can I keep a rented bike?","stream":true}'
SITE = "https://www.example.com"
RATE = 2.0  # tokens a second
DELAY = 0.2  # seconds before a model's first token, of many streams
WARMING = 20
LIMITS = ("widget_tickets", "widget_messages", "address_tickets", "address_messages")


@dataclass(frozen=True, slots=True)
class Ways:
    """A running stack, and the requests by which its chatbot is asked."""

    stack: Stack
    api: bytes
    widget_id: str

    def visitors(self, number: int) -> list[bytes]:
        """The first questions of so many new visitors, whose tickets are good for ten minutes."""
        with httpx.Client(base_url=self.stack.base_url, trust_env=False) as client:
            path, headers = f"/widget/v1/ticket/{self.widget_id}", {"origin": SITE}
            replies = (client.post(path, content="{}", headers=headers) for _ in range(number))
            tickets = [reply.raise_for_status().json()["ticket"] for reply in replies]
        return [post("/widget/v1/chat", QUESTION, ticket) for ticket in tickets]

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
def opened(folder: Path, name: str, url: str) -> Iterator[Ways]:
    """A stack whose answers that model writes, with a widget that is on one site."""
    limits = "".join(f"{limit}_per_minute = {MANY}\n" for limit in LIMITS)
    (folder / "plans.toml").write_text(limits + PLANS)
    settings = {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_LOG_LEVEL": "ERROR"}
    stack = Stack(folder / name, {**USUAL, **settings, "CHATMOUNT_LLM_URL": url, "CHATMOUNT_LLM_MODEL": "m"})
    stack.start("--no-demo")
    try:
        tenant = OperatorClient(stack).tenant()
        stack.json("widget", "origin", "add", tenant.chatbot_id, SITE)
        widget = stack.json("widget", "set", tenant.chatbot_id, "--budget", str(MANY))["id"]
        yield Ways(stack, post("/v1/chat", QUESTION, tenant.key), widget)
    finally:
        stack.stop()


def later(folder: Path, trials: int) -> dict[str, float]:
    """How much later the first token comes to visitors, in milliseconds."""
    with provider(folder, 5) as model, opened(folder, "later", model.url) as ways:
        first: dict[str, list[float]] = {"api": [], "widget": []}
        broken = 0
        for number, ticket in enumerate(ways.visitors(trials)):
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


def many(folder: Path, streams: int, tokens: int, within: float, rounds: int) -> dict[str, Any]:
    """So many streams open at once, one way and then the other, opened within so many seconds."""
    seen: dict[str, list[Streams]] = {"api": [], "widget": []}
    with provider(folder, tokens, RATE, DELAY) as model, opened(folder, "many", model.url) as ways:
        for requests in (ways.api, ways.visitors(WARMING)):
            ways.read(requests, WARMING, WARMING)
        for number in range(rounds):
            for way in ("api", "widget") if number % 2 == 0 else ("widget", "api"):
                visitors = ways.visitors(streams)  # before either way, which then finds the stack alike
                seen[way].append(ways.read(ways.api if way == "api" else visitors, streams, streams, within))
    found: dict[str, Any] = {way: over_all(each) for way, each in seen.items()}
    for figure in ("p50_ms", "p95_ms"):
        found[f"{figure.removesuffix('_ms')}_later_ms"] = found["widget"][figure] - found["api"][figure]
    return found


def over_all(rounds: Sequence[Streams]) -> dict[str, Any]:
    """The rounds as one, and how far they lie apart."""
    first = [seconds for each in rounds for seconds in each.first]
    return {
        "whole": sum(each.whole for each in rounds),
        "broken": sum(each.broken for each in rounds),
        "p50_ms": percentile(first, 0.5) * 1000,
        "p95_ms": percentile(first, 0.95) * 1000,
        "p95_ms_of_rounds": [each.percentile_ms(0.95) for each in rounds],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=500, help="streams open at once; 0 leaves this part out")
    parser.add_argument("--tokens", type=int, default=44, help="tokens of each of them, 2 a second")
    parser.add_argument("--within", type=float, default=20.0, help="seconds in which they are opened")
    parser.add_argument("--rounds", type=int, default=4, help="how often each way opens them")
    parser.add_argument("--trials", type=int, default=400, help="questions each way; 0 leaves this part out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found: dict[str, Any] = {}
        if options.trials:
            found["later"] = later(Path(name), options.trials)
        if options.streams:
            found["many"] = many(Path(name), options.streams, options.tokens, options.within, options.rounds)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    if figures := found.get("later"):
        print(
            f"First token by the API: p50 {figures['api_p50_ms']:.0f} ms, p95 {figures['api_p95_ms']:.0f} ms; "
            f"to visitors {figures['p50_later_ms']:+.1f} and {figures['p95_later_ms']:+.1f} ms; "
            f"{figures['broken']:.0f} broken"
        )
    if figures := found.get("many"):
        for way in ("api", "widget"):
            one = figures[way]
            print(
                f"{options.streams} streams at once, {way}: {one['whole']} whole, {one['broken']} broken, first token "
                f"p50 {one['p50_ms']:.0f} ms, p95 {one['p95_ms']:.0f} ms, of each round "
                f"{', '.join(f'{ms:.0f}' for ms in one['p95_ms_of_rounds'])}"
            )
        print(f"To visitors {figures['p50_later_ms']:+.1f} and {figures['p95_later_ms']:+.1f} ms later")


if __name__ == "__main__":
    main()
