"""The quantities in a question, and whether a sentence speaks of the case they fall in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from services.chat.answerers.extractive.amounts import SCALES, UNITS, WORDS, amount_of

# A run of digits that other digits follow is one number, whatever parts them.
_AMOUNT = r"(?:[€$£]\s?)?(?:\d(?:[\d,.]*\d)?|\b(?:" + "|".join(sorted(WORDS, key=len, reverse=True)) + r")\b)"
_QUANTITY = re.compile(
    rf"(?P<amount>{_AMOUNT})[\s-]?(?:(?:full|whole|calendar|working|business)\s)?(?P<unit>[a-z%€$£]+)?", re.I
)
_RANGE = re.compile(rf"({_AMOUNT})\s?(?:[a-z%€$£]+\s)?(?:–|—|-|to|and|until|up to)\s?$", re.I)
_BELOW = re.compile(
    r"(?:(?P<strict>less than|fewer than|under|below|younger than|shorter than|lighter than|smaller than|earlier than|"
    r"before|not yet|<)|up to|at most|no more than|not more than|no longer than|not longer than|within|maximum(?: of)?|"
    r"until|≤|<=)\s*(?:the first\s)?$",
    re.I,
)
_ABOVE = re.compile(
    r"(?:(?P<strict>(?<!no )(?<!not )more than|over|above|(?<!no )(?<!not )longer than|older than|heavier than|"
    r"larger than|bigger than|greater than|beyond|exceed(?:s|ing)?|>)|at least|no less than|not less than|from|after|"
    r"minimum(?: of)?|since|≥|>=)\s*$",
    re.I,
)
_OR_MORE = re.compile(
    r"\s*(?:or (?:more|longer|older|over|above|heavier|larger)|and (?:more|above|over|longer)|plus|\+)", re.I
)
_OR_LESS = re.compile(r"\s*(?:or (?:less|fewer|shorter|younger|under|below)|and (?:less|under|below))", re.I)
_TOGETHER = re.compile(r"\s*,?\s*(?:(?:and|but)\b|,)[^.;]{0,30}$", re.I)
_AGE = "time"
_AGED = re.compile(r"\b(?:am|is|are|aged?|age of|turn(?:ed|s)?)\s$", re.I)
_COUNTED = frozenset(("people", "children", "men", "women", "staff", "guest"))
_LOOK_AROUND = 40
# "5 m" of them are millions.
_COUNTED_AFTER = re.compile(r"\s+(?:[a-z]{3,}s|people|children|women|men)\b", re.I)
_MILLIONS = re.compile(r"\b(?:mn|millions?|bn|billions?)\b", re.I)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in the unit of its dimension: days, grams, metres, bytes, else what is counted.

    `number`: as it is written. Without a dimension it is a bare number.
    """

    dimension: str
    amount: float
    number: float


def quantities(text: str) -> list[Quantity]:
    """All amounts with a unit, and ages, in order.

    Of "less than 8 months" and "over 8 months" it is one that is just below or above.
    """
    found = []
    for match, quantity in _found(text):
        if quantity.dimension:
            condition = _condition(text, match, quantity)
            least, most = (condition.least, condition.most) if condition else (-inf, inf)
            amount = (
                most if least == -inf and most < inf else least if most == inf and least > -inf else quantity.amount
            )
            share = amount / quantity.amount if quantity.amount else 1.0
            found.append(Quantity(quantity.dimension, amount, quantity.number * share))
        elif _AGED.search(text[max(0, match.start() - _LOOK_AROUND) : match.start()]):
            found.append(Quantity(_AGE, quantity.amount * UNITS["year"][1], quantity.amount))
    return found


def fits(text: str, asked: Sequence[Quantity]) -> int:
    """Whether the conditions in a text hold for the amounts that were asked about.

    1 when one holds, -1 when all on such amounts fail, 0 when there are none.
    """
    verdicts = []
    for condition in _conditions(text):
        for one in asked:
            # Ages and heads are often told without a unit.
            is_bare = condition.dimension == "" and one.dimension in (_AGE, *_COUNTED)
            amount = one.number if is_bare else one.amount
            if is_bare or condition.dimension == one.dimension:
                verdicts.append(condition.least <= amount <= condition.most)
    return 0 if not verdicts else 1 if any(verdicts) else -1


@dataclass(frozen=True, slots=True)
class _Condition:
    """From which amount to which, both included. `end`: of its text."""

    dimension: str
    least: float
    most: float
    end: int


def _conditions(text: str) -> Iterator[_Condition]:
    """The conditions of a text; "over 2 kg and up to 5 kg" is one."""
    last: _Condition | None = None
    for match, quantity in _found(text):
        condition = _condition(text, match, quantity)
        if condition is None:
            continue
        if last and last.most == inf and condition.least == -inf and last.least <= condition.most:
            between = text[last.end : match.start()]
            if _TOGETHER.match(between) and last.dimension == condition.dimension:
                last = _Condition(last.dimension, last.least, condition.most, condition.end)
                continue
        if last:
            yield last
        last = condition
    if last:
        yield last


def _condition(text: str, match: re.Match[str], quantity: Quantity) -> _Condition | None:
    before = text[max(0, match.start() - _LOOK_AROUND) : match.start()]
    behind = text[match.end("amount") if not quantity.dimension else match.end() :][:_LOOK_AROUND]
    least, most, amount = -inf, inf, quantity.amount
    step = abs(amount) * 1e-6
    if (span := _RANGE.search(before)) and (begin := amount_of(span[1])) is not None:
        first = begin * (amount / quantity.number if quantity.number else 1.0)
        least, most = min(first, amount), max(first, amount)
    elif below := _BELOW.search(before):
        most = amount - (step if below["strict"] else 0)
    elif above := _ABOVE.search(before):
        least = amount + (step if above["strict"] else 0)
    elif _OR_MORE.match(behind):
        least = amount
    elif _OR_LESS.match(behind):
        most = amount
    else:
        return None
    return _Condition(quantity.dimension, least, most, match.end())


def _found(text: str) -> Iterator[tuple[re.Match[str], Quantity]]:
    """The quantities of a text but those that can be read in two ways."""
    for match in _QUANTITY.finditer(text):
        sign = match["amount"][0] if match["amount"][0] in "€$£" else ""
        unit = sign or _unit(match["unit"])
        amount = amount_of(match["amount"])
        if amount is None or (not sign and unit in SCALES and not _is_metres(unit, text, match.end())):
            continue
        if sign:
            amount *= SCALES.get(_unit(match["unit"]), 1.0)
        if unit in UNITS:
            dimension, factor = UNITS[unit]
            yield match, Quantity(dimension, amount * factor, amount)
        elif match["amount"][0].isdigit():
            # The plural of what is counted; other words only follow.
            is_counted = (match["unit"] or "").casefold().endswith("s") or unit in _COUNTED
            yield match, Quantity(unit if is_counted else "", amount, amount)


def _unit(word: str | None) -> str:
    unit = (word or "").casefold()
    return unit[:-1] if len(unit) > 2 and unit.endswith("s") and unit not in UNITS else unit


def _is_metres(unit: str, text: str, end: int) -> bool:
    return unit == "m" and not _MILLIONS.search(text) and not _COUNTED_AFTER.match(text, end)
