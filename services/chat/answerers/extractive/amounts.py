"""Numbers and units, as texts write them."""

import re

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
WORDS = {word: float(value) for value, word in enumerate(_NUMBERS.split(" "))}
WORDS |= {"a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "a hundred": 100.0}
UNITS: dict[str, tuple[str, float]] = {
    "second": ("time", 1 / 86_400),
    "sec": ("time", 1 / 86_400),
    "minute": ("time", 1 / 1_440),
    "min": ("time", 1 / 1_440),
    "hour": ("time", 1 / 24),
    "hr": ("time", 1 / 24),
    "day": ("time", 1.0),
    "week": ("time", 7.0),
    "month": ("time", 30.4),
    "year": ("time", 365.0),
    "yr": ("time", 365.0),
    "g": ("weight", 1.0),
    "gram": ("weight", 1.0),
    "kg": ("weight", 1e3),
    "kilo": ("weight", 1e3),
    "kilogram": ("weight", 1e3),
    "ton": ("weight", 1e6),
    "tonne": ("weight", 1e6),
    "ounce": ("weight", 28.35),
    "oz": ("weight", 28.35),
    "pound": ("weight", 453.6),
    "lb": ("weight", 453.6),
    "mm": ("length", 1e-3),
    "cm": ("length", 1e-2),
    "m": ("length", 1.0),
    "metre": ("length", 1.0),
    "meter": ("length", 1.0),
    "km": ("length", 1e3),
    "kilometre": ("length", 1e3),
    "kilometer": ("length", 1e3),
    "mile": ("length", 1609.0),
    "inch": ("length", 0.0254),
    "foot": ("length", 0.3048),
    "feet": ("length", 0.3048),
    "kb": ("size", 1e3),
    "mb": ("size", 1e6),
    "gb": ("size", 1e9),
    "tb": ("size", 1e12),
    "%": ("share", 1.0),
    "percent": ("share", 1.0),
    "€": ("money", 1.0),
    "euro": ("money", 1.0),
    "eur": ("money", 1.0),
    "$": ("money", 1.0),
    "dollar": ("money", 1.0),
    "usd": ("money", 1.0),
    "£": ("money", 1.0),
    "gbp": ("money", 1.0),
}
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
