"""Numbers and units, as texts write them."""

import re

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
WORDS = {word: float(value) for value, word in enumerate(_NUMBERS.split(" "))}
WORDS |= {"a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "a hundred": 100.0}
_FACTORS = (
    ("time", (1 / 86_400, "second sec"), (1 / 1_440, "minute min"), (1 / 24, "hour hr"), (1.0, "day")),
    ("time", (7.0, "week"), (30.4, "month"), (365.0, "year yr")),
    (
        "weight",
        (1.0, "g gram"),
        (1e3, "kg kilo kilogram"),
        (1e6, "ton tonne"),
        (28.35, "ounce oz"),
        (453.6, "pound lb"),
    ),
    ("length", (1e-3, "mm"), (1e-2, "cm"), (1.0, "m metre meter"), (1e3, "km kilometre kilometer"), (1609.0, "mile")),
    ("length", (0.0254, "inch"), (0.3048, "foot feet")),
    ("size", (1e3, "kb"), (1e6, "mb"), (1e9, "gb"), (1e12, "tb")),
    ("share", (1.0, "% percent")),
    ("money", (1.0, "€ euro eur $ dollar usd £ gbp")),
)
UNITS = {
    unit: (dimension, factor) for dimension, *factors in _FACTORS for factor, units in factors for unit in units.split()
}
"""Dimension and factor of each unit. Exchange rates are not known: money of all kinds is one."""
# What is written alike everywhere or, with a comma before three digits, in English.
_PLAIN = re.compile(r"\d+(?:\.\d{1,2}|\.\d{4,})?|0\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WITH_COMMA = re.compile(r"\d+,\d{1,2}|0,\d+|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}


def amount_of(text: str) -> float | None:
    """The number, with or without a sign of money.

    None where it depends on the country: "1.500" is less than two or more than a thousand.
    """
    plain = text.casefold().strip("€$£ ")
    if plain in WORDS:
        return WORDS[plain]
    if _PLAIN.fullmatch(plain):
        return float(plain.replace(",", ""))
    return float(plain.replace(".", "").replace(",", ".")) if _WITH_COMMA.fullmatch(plain) else None
