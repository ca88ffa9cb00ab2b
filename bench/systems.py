"""What is measured: the product in its wirings and with its stores, and the baseline, on the same pages."""

import compileall
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import psutil

from bench.load import Load, post, run_load
from bench.retrieval.made_up import SENTENCES, WORDS_OF_SENTENCE, Vocabulary
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.plans import PLANS
from tests.contract.stack import Stack

ASKED = "How do I rotate the signing key of the payments gateway?"
SPLIT = "split"
WIRINGS = {SPLIT: "none", "default": "", "one": "auth,quota,retrieval,chat"}
"""Their values of CHATMOUNT_TOGETHER."""


class Pages:
    """Pages that are made up, and questions about them that were never asked before."""

    def __init__(self, number: int) -> None:
        self._vocabulary, self._chance = Vocabulary.of_model(), np.random.default_rng(1)
        self._asked = count()
        self.pages = [
            {"url": f"https://docs.example.com/{each}", "title": f"Page {each}", "text": self._text()}
            for each in range(number)
        ]

    def _text(self) -> str:
        sentences = (" ".join(self._vocabulary.pick(self._chance, WORDS_OF_SENTENCE)) for _ in range(SENTENCES))
        return " ".join(f"{sentence.capitalize()}." for sentence in sentences)

    def fresh(self) -> Iterator[str]:
        for number in self._asked:
            yield f"How do I {' '.join(self._vocabulary.pick(self._chance, 8))} in case {number}?"

    def write(self, file: Path) -> Path:
        """As JSON Lines."""
        file.write_text("".join(f"{json.dumps(page)}\n" for page in self.pages))
        return file


@dataclass(frozen=True)
class System:
    """A server that runs, and the key to it. `pids`: all processes that work for it."""

    url: str
    key: str
    pids: Callable[[], list[int]]
    seconds_to_ready: float = 0.0

    def request(self, question: str = ASKED, *, stream: bool = False) -> bytes:
        body = {"message": question, **({"stream": True} if stream else {})}
        return post("/v1/chat", json.dumps(body).encode(), self.key)

    def memory_mb(self) -> float:
        """Of all its processes, what they share counted once. Only root sees into all of them."""
        return sum(psutil.Process(pid).memory_full_info().pss for pid in self.pids()) / 2**20

    def cpu_ms(self) -> float:
        return sum(cpu_seconds(self.pids()).values()) * 1000


def cpu_seconds(pids: list[int]) -> Counter[str]:
    """CPU time that these processes have used so far, by name."""
    used: Counter[str] = Counter()
    for pid in pids:
        try:
            process = psutil.Process(pid)
            name, times = name_of(process), process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # Postgres ends connections, and with them processes
        used[name] += times.user + times.system
    return used


def name_of(process: psutil.Process) -> str:
    """What the process is in the stack."""
    command = " ".join(process.cmdline())
    named = (name for name in ("auth", "quota", "retrieval", "chat", "web") if f"services.{name}" in command)
    if "services.together" in command:
        return process.cmdline()[-1]
    if "chatmount up" in command:
        return "launcher"
    return next(named, process.name())


def cost_of(
    system_pids: Callable[[], list[int]], url: str, requests: bytes | Iterator[bytes], callers: int, seconds: float
) -> tuple[Load, dict[str, float]]:
    """Callers who ask again when answered: what they saw, and milliseconds of CPU time for each answer by process."""
    run_load(url, requests, 200, callers, min(0.5, seconds))
    before = cpu_seconds(system_pids())
    load = run_load(url, requests, 200, callers, seconds)
    used = cpu_seconds(system_pids())
    answers = max(1, load.replies[200])
    return load, {name: (used[name] - before[name]) * 1000 / answers for name in used}


@dataclass
class Installation:
    """A home of the product, with a chatbot that answers whatever the question is.

    One wiring at a time runs on it.
    """

    folder: Path
    settings: dict[str, str]
    other_pids: Callable[[], list[int]] = list
    tenant: Tenant | None = None

    @contextmanager
    def running(self, together: str) -> Iterator[tuple[Stack, System]]:
        """A stack on it, which `install` has given its chatbot."""
        stack = Stack(self.folder / "home", {**self.settings, "CHATMOUNT_TOGETHER": together})
        stack.start("--no-demo")
        try:
            key = self.tenant.key if self.tenant else ""
            yield (
                stack,
                System(stack.base_url, key, lambda: [*stack.pids(), *self.other_pids()], stack.seconds_to_ready),
            )
            stack.stop()
        finally:
            stack.abandon()


def install(
    folder: Path, pages: Pages, settings: dict[str, str], other_pids: Callable[[], list[int]] = list
) -> Installation:
    """A home with a chatbot of these pages."""
    # As `make run` leaves them. Where PYTHONDONTWRITEBYTECODE is set, every process would compile its modules again.
    for code in ("services", "gen"):
        compileall.compile_dir(code, quiet=1)
    folder.mkdir()
    (folder / "plans.toml").write_text(PLANS)
    usual = {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_LOG_LEVEL": "ERROR"}
    installation = Installation(folder, {**usual, **settings}, other_pids)
    with installation.running(WIRINGS["default"]) as (stack, _):
        installation.tenant = OperatorClient(stack).tenant(pages=False)
        chatbot = installation.tenant.chatbot_id
        stack.command("bot", "set", chatbot, "--threshold", "0")
        stack.command("source", "add", "--bot", chatbot, str(pages.write(folder / "pages.jsonl")), seconds=None)
    return installation
