"""Made-up failures of one question: where it fails, how, and whether text had left by then."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import product

from services.errors import ChatmountError, Reason

ALWAYS = 1_000_000
# What Chat asks on its way to the first token.
STATIONS = ("Reserve", "Search", "answerer", "Settle")


class Fault(Enum):
    """What becomes of a call of a service."""

    DOWN = "it does nothing and fails"
    LOST = "it does what it should, and the reply is lost"
    HANGS = "it never gets to it"
    HANGS_AFTER = "it does what it should, and the reply never comes"


class Client(Enum):
    """What a client does."""

    STAYS = "waits for the end"
    LEAVES = "cancels `after` seconds, or at the first text"
    IMPATIENT = "gives the call no more than `after` seconds"
    SEES_A_STOP = "its Chat is told to stop `after` seconds from the beginning, or at the first text"


@dataclass
class Case:
    """A request and what goes wrong with it.

    `faults`: what befalls how many calls of a method. `pieces`: texts of the answerer, before its `failure` or, when
    it `hangs`, before it says no more."""

    name: str
    is_charged: bool = False
    stream: bool = True
    with_key: bool = False
    faults: dict[str, tuple[Fault, int]] = field(default_factory=dict)
    pieces: int = 1
    failure: Exception | None = None
    hangs: bool = False
    client: Client = Client.STAYS
    after: float = 0.0

    def next_fault(self, method: str) -> Fault | None:
        """What befalls this call of the method."""
        fault, times = self.faults.get(method, (None, 0))
        if fault is None or times == 0:
            return None
        self.faults[method] = (fault, times - 1)
        return fault


BEFORE_THE_FIRST_TOKEN = (
    "search down",
    "search hangs",
    "reserve down",
    "reserve lost",
    "reserve hangs",
    "reserve hangs after",
    "settle down",
    "settle lost",
    "settle hangs",
    "settle hangs after",
    "answerer fails",
    "client leaves",
    "client is impatient",
    "chat stops",
)
AFTER_THE_FIRST_TOKEN = ("answerer breaks off", "client leaves amid", "chat stops amid")


def random_cases(count: int, seed: int) -> Iterator[Case]:
    """Every kind equally often, unary and streamed, with and without an Idempotency-Key."""
    chance = random.Random(seed)
    before = list(product(BEFORE_THE_FIRST_TOKEN, (False, True), (False, True)))
    after = list(product(AFTER_THE_FIRST_TOKEN, (True,), (False, True)))
    kinds: list[tuple[str, bool, bool]] = []
    while len(kinds) < count:
        kinds += chance.sample(before + after, len(before + after))
    for number, (kind, stream, with_key) in enumerate(kinds[:count]):
        case = Case(f"{number}-{kind.replace(' ', '-')}", stream=stream, with_key=with_key)
        yield _after(kind, case, chance) if kind in AFTER_THE_FIRST_TOKEN else _before(kind, case, chance)


def _before(kind: str, case: Case, chance: random.Random) -> Case:
    if chance.random() < 0.3:
        case.faults["Release"] = (chance.choice([Fault.DOWN, Fault.LOST]), chance.randrange(1, 4))
    # A unary answer is shown when it is whole: one that breaks off has shown nothing.
    pieces = 0 if case.stream else chance.randrange(3)
    match kind.split(" ", 1):
        case ["client" | "chat", _]:
            station = chance.choice(STATIONS)
            if station == "answerer":
                case.pieces, case.hangs = pieces, True
            else:
                fault = Fault.HANGS if station == "Search" else chance.choice([Fault.HANGS, Fault.HANGS_AFTER])
                case.faults[station] = (fault, ALWAYS)
            who = {"client leaves": Client.LEAVES, "client is impatient": Client.IMPATIENT}
            return replace(case, client=who.get(kind, Client.SEES_A_STOP), after=chance.uniform(0.001, 0.3))
        case ["answerer", _]:
            return replace(case, pieces=pieces, failure=_failure(chance))
        case [method, fault]:
            case.faults[method.capitalize()] = (Fault[fault.upper().replace(" ", "_")], ALWAYS)
    return case


def _after(kind: str, case: Case, chance: random.Random) -> Case:
    if chance.random() < 0.3:
        case.faults[chance.choice(["Reserve", "Settle"])] = (chance.choice([Fault.DOWN, Fault.LOST]), 1)
    case = replace(case, is_charged=True, pieces=chance.randrange(1, 5))
    if kind == "answerer breaks off":
        return replace(case, failure=_failure(chance))
    return replace(case, hangs=True, client=Client.LEAVES if kind == "client leaves amid" else Client.SEES_A_STOP)


def _failure(chance: random.Random) -> Exception:
    reason = chance.choice([Reason.UNAVAILABLE, Reason.TOO_SLOW])
    return chance.choice([ValueError("a fault of ours"), ChatmountError(reason, "The model is down.")])
