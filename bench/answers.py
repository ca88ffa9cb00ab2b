"""The figures of one system: answers, streams, and what a flood does to them."""

import argparse
from collections.abc import Iterator

import uvloop

from bench.figures import Rounds, add
from bench.load import post, run_arrivals
from bench.provider import Provider
from bench.streams import Streams, read_streams
from bench.systems import System, cost_of

PARTS = ("start", "unary", "new", "streams", "overload")
TOKENS = 32
"""Of an answer that is not streamed."""

PACED_TOKENS, PACED_RATE = 100, 50.0
FAST_TOKENS, FAST_RATE = 300, 200.0
HELD = (4, 8, 16, 32, 64, 100, 128)
SLIP = 1.1
"""A stream is held when 95 of 100 take no longer than this many times the model."""

AT_ONCE = (1, 32)
NEW_CALLERS = (1, 8)
OVERLOAD_SECONDS = 3
"""Times `--seconds`."""

WARM_SECONDS = 3.0
"""Of a flood, before it is counted."""

ASKED_DIRECTLY = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"How long?"}]}'


class Measuring:
    """Adds to `rounds` what it measures. `fresh`: questions that were never asked."""

    def __init__(self, rounds: Rounds, model: Provider, fresh: Iterator[str], options: argparse.Namespace) -> None:
        self._rounds = rounds
        self._model = model
        self._fresh = fresh
        self._options = options
        self._alone: dict[int, float] = {}

    def of(self, name: str, system: System) -> None:
        """All figures of it that were asked for."""
        parts = set(self._options.parts)
        if "start" in parts:
            add(self._rounds, name, "memory idle, MB", system.memory_mb())
        best = self._unary(name, system) if parts & {"unary", "new", "overload"} else 0.0
        if "new" in parts:
            self._new(name, system)
        if "streams" in parts:
            self._streams(name, system)
        if "overload" in parts:
            self._overload(name, system, best)

    def read_model_alone(self) -> None:
        """How soon the model's own first token comes, for the client that reads all others."""
        for at_once in AT_ONCE if "streams" in self._options.parts else ():
            self._pace(at_once)
            request = post("/v1/chat/completions", ASKED_DIRECTLY, "x")
            seen = uvloop.run(
                read_streams(self._model.url, request, 2 * at_once + 20, at_once, text=b"tk", end=b"[DONE]")
            )
            self._alone[at_once] = seen.percentile_ms(0.5)

    def _unary(self, name: str, system: System) -> float:
        """Answers to what was asked before; the most in a second."""
        self._model.set(TOKENS)
        best = 0.0
        for callers in self._options.callers:
            load, cpu_ms = cost_of(system.pids, system.url, system.request(), callers, self._options.seconds)
            best = max(best, load.per_second)
            add(self._rounds, name, f"CPU-ms per answer, {callers} callers", sum(cpu_ms.values()))
            add(self._rounds, name, f"p99 ms, {callers} callers", load.percentile_ms(0.99))
            add(self._rounds, name, f"errors, {callers} callers", load.unexpected)
        add(self._rounds, name, "answers/s, best", best)
        return best

    def _new(self, name: str, system: System) -> None:
        requests = (system.request(question) for question in self._fresh)
        for callers in NEW_CALLERS:
            repeated = self._rounds[name].get(f"CPU-ms per answer, {callers} callers", [])
            load, cpu_ms = cost_of(system.pids, system.url, requests, callers, self._options.seconds)
            add(self._rounds, name, f"CPU-ms per answer to something new, {callers} callers", sum(cpu_ms.values()))
            add(self._rounds, name, f"errors, something new, {callers} callers", load.unexpected)
            if repeated:
                more = sum(cpu_ms.values()) - repeated[-1]
                add(self._rounds, name, f"CPU-ms more than repeated, {callers} callers", more)

    def _streams(self, name: str, system: System) -> None:
        for at_once in AT_ONCE:
            self._pace(at_once)
            self._read(system, 2 * at_once, at_once)
            before = system.cpu_ms()
            streams = 2 * at_once + 20 if at_once == 1 else 2 * at_once
            seen = self._read(system, streams, at_once)
            plural = "s" if at_once > 1 else ""
            added = seen.percentile_ms(0.5) - self._alone[at_once]
            add(self._rounds, name, f"added to the first token, {at_once} stream{plural}, ms", added)
            if at_once > 1:
                cost = (system.cpu_ms() - before) * 1000 / (streams * PACED_TOKENS)
                add(self._rounds, name, f"CPU-µs per streamed token, {at_once} streams", cost)
                add(self._rounds, name, f"errors, {at_once} streams", seen.broken)
        add(self._rounds, name, "streams held at 200 tokens/s", self._held(system))

    def _held(self, system: System) -> float:
        """The most streams at once whose tokens come as fast as the model writes them."""
        self._model.set(FAST_TOKENS, FAST_RATE)
        held = 0
        for streams in HELD:
            seen = self._read(system, streams, streams)
            slowest = sorted(seen.text)[int(0.95 * len(seen.text)) - 1] if seen.text else 0.0
            if seen.whole < streams or slowest > SLIP * FAST_TOKENS / FAST_RATE:
                break
            held = streams
        return held

    def _overload(self, name: str, system: System, peak: float) -> None:
        """Arrivals by chance: at 80 % of the most answers in a second, then at twice as many."""
        self._model.set(TOKENS)
        seconds = OVERLOAD_SECONDS * self._options.seconds
        begun = system.cpu_ms()
        usual = run_arrivals(system.url, system.request(), 0.8 * peak, seconds)
        flooded = system.cpu_ms()
        flood = run_arrivals(system.url, system.request(), 2 * peak, seconds, WARM_SECONDS)
        used = (system.cpu_ms() - flooded) * seconds / (seconds + WARM_SECONDS)
        add(self._rounds, name, "goodput at twice the most, of the most", flood.per_second / peak)
        p99 = flood.percentile_ms(0.99) / max(usual.percentile_ms(0.99), 0.001)
        add(self._rounds, name, "p99 over that at 80 % of the most, at twice the most", p99)
        add(self._rounds, name, "errors at 80 % of the most", usual.unexpected)
        if flood.replies[503]:
            answers = flood.replies[200] * (flooded - begun) / max(1, usual.replies[200])
            add(self._rounds, name, "CPU-ms per refusal in a flood", (used - answers) / flood.replies[503])
        others = flood.unexpected - flood.replies[503]
        add(self._rounds, name, "errors at twice the most, but for 503 with Retry-After", others + flood.unwaited)

    def _pace(self, at_once: int) -> None:
        if at_once == 1:
            self._model.set(4, delay=0.02)
        else:
            self._model.set(PACED_TOKENS, PACED_RATE)

    def _read(self, system: System, streams: int, at_once: int) -> Streams:
        request = system.request(stream=True)
        return uvloop.run(read_streams(system.url, request, streams, at_once, text=b'"token"', end=b'{"type":"done"}'))
