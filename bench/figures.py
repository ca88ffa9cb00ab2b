"""Figures of a run, and whether those of another run are better, worse, or the same by all that can be told."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

Rounds = dict[str, dict[str, list[float]]]
"""Of each system and figure, a value for each round."""

BASELINE = "baseline"
# What is better when it is more. Of these and of the others, a ratio to the baseline is shown.
MORE_IS_BETTER = ("answers/s", "streams held", "goodput")
WITHOUT_RATIO = ("errors", "s to", "added to", "goodput", "p99 over", "more than repeated")

CHANCE = 0.1
"""Three rounds against three of which all are better come about by chance as often as this."""
LEAST = 0.03
"""A smaller difference is none, however sure."""


def add(rounds: Rounds, system: str, figure: str, value: float) -> None:
    rounds.setdefault(system, {}).setdefault(figure, []).append(value)


def has_ratio(figure: str) -> bool:
    return not figure.startswith(WITHOUT_RATIO) and not any(part in figure for part in WITHOUT_RATIO)


def ratios(rounds: Rounds, system: str, figure: str) -> list[float]:
    """To the baseline, of each round; nothing where there is none, or where it makes no sense."""
    base = rounds.get(BASELINE, {}).get(figure, [])
    if system == BASELINE or not has_ratio(figure):
        return []
    return [value / of for value, of in zip(rounds[system][figure], base, strict=False) if of]


def chance_of_less(fewer: Sequence[float], more: Sequence[float]) -> float:
    """How likely ranks as different as these are by chance, in either direction (Mann-Whitney, exact)."""
    values = [*fewer, *more]

    def less(places: Sequence[int]) -> float:
        chosen = set(places)
        others = [value for place, value in enumerate(values) if place not in chosen]
        return sum((values[one] < other) + 0.5 * (values[one] == other) for one in places for other in others)

    middle = len(fewer) * len(more) / 2
    seen = abs(less(range(len(fewer))) - middle)
    all_ways = [abs(less(places) - middle) >= seen for places in combinations(range(len(values)), len(fewer))]
    return sum(all_ways) / len(all_ways)


def verdict(figure: str, before: Sequence[float], after: Sequence[float]) -> str:
    """`better`, `worse`, or `noise`."""
    then, now = median(before), median(after)
    if abs(now - then) <= LEAST * abs(then) or chance_of_less(before, after) > CHANCE + 1e-9:
        return "noise"
    return "better" if (now > then) == figure.startswith(MORE_IS_BETTER) else "worse"


@dataclass(frozen=True)
class Difference:
    system: str
    figure: str
    before: float
    after: float
    verdict: str
    is_ratio: bool


def differences(before: Rounds, after: Rounds) -> Iterator[Difference]:
    """Of each figure that both runs have: by its ratio to the baseline where there is one, for machines differ."""
    for system, figures in after.items():
        for figure in figures.keys() & before.get(system, {}).keys():
            then, now = ratios(before, system, figure), ratios(after, system, figure)
            is_ratio = bool(then and now)
            if not is_ratio:
                then, now = before[system][figure], figures[figure]
            yield Difference(system, figure, median(then), median(now), verdict(figure, then, now), is_ratio)


def save(file: Path, rounds: Rounds, about: Mapping[str, object]) -> None:
    file.write_text(json.dumps({"about": about, "rounds": rounds}, indent=1))


def load(file: Path) -> Rounds:
    rounds: Rounds = json.loads(file.read_text())["rounds"]
    return rounds
