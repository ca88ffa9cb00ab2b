"""Numbers of spreadsheets as they are shown: a cell holds 0.19 and says 19%."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
}  # fmt: skip
"""Formats that files name by number. How 14 and 22 look is up to the machine that shows them."""

_LONGEST = 255
_EXACT = 1e15
_PIECE = re.compile(
    r"""(?P<literal>"[^"]*"|\\.|_.|\*.)|\[\$(?P<sign>[^\]-]*)(?:-(?P<language>[0-9A-Fa-f]+))?\]|\[(?P<elapsed>[hms]+)\]"""
    r"|(?P<bracket>\[[^\]]*\])|(?P<half>AM/PM|A/P)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<general>General)"
    r"|(?P<number>[#0?][#0?,]*(?:\.[#0?]*)?,*(?:[eE][+-]0+)?|\.[#0?]+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_ENGLISH = frozenset((0, 0x9))
_ELAPSED = {"h": 3600, "m": 60, "s": 1}

_Pieces = tuple[tuple[str, str], ...]


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """A number in the format `code`, with a point before decimals and commas between thousands."""
    value = float(value)
    if not code or len(code) > _LONGEST:
        return _general(value)
    pieces = _pieces(code, 1 if value < 0 else 2 if value == 0 else 0)
    kinds = {kind for kind, _ in pieces}
    if kinds & {"date", "elapsed"}:
        return _date(value, pieces, from_1904=from_1904) or _general(value)
    numbers = [text for kind, text in pieces if kind == "number"]
    if not numbers and "general" not in kinds and ("text", "@") not in pieces:
        return "".join(text for _, text in pieces).strip()
    if len(numbers) != 1 or "general" in kinds or "/" in "".join(text for kind, text in pieces if kind == "text"):
        return _general(value)
    # A section of its own for negative numbers says itself how they look.
    own_sign = value < 0 and len(_sections(code)) > 1
    number = _number(abs(value), numbers[0], percents=sum(text.count("%") for kind, text in pieces if kind == "text"))
    sign = "-" if value < 0 and not own_sign and number.strip("0.,") else ""
    return sign + "".join(number if kind == "number" else text for kind, text in pieces).strip()


@lru_cache(maxsize=1024)
def _pieces(code: str, which: int) -> _Pieces:
    """The pieces of the section for positive numbers, negative ones, or zero."""
    sections = _sections(code)
    section = sections[which] if which < len(sections) else sections[0]
    found = []
    for match in _PIECE.finditer(section):
        kind = match.lastgroup or ""
        text = match[0]
        if kind in ("sign", "language") or text.startswith("[$"):
            language = int(match["language"] or "0", 16) & 0xFF
            found.append(("text", match["sign"] or ""))
            found += [] if language in _ENGLISH else [("foreign", "")]
        elif kind == "literal":
            found.append(("text", {'"': text[1:-1], "\\": text[1:], "_": " ", "*": ""}[text[0]]))
        elif kind != "bracket":
            found.append(("text" if kind == "other" else kind, text if kind != "elapsed" else match["elapsed"]))
    return tuple(found)


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[str, ...]:
    found = [""]
    for match in _PIECE.finditer(code):
        if match[0] == ";":
            found.append("")
        else:
            found[-1] += match[0]
    return tuple(found)


def _general(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return f"{value:.12g}"


def _number(value: float, code: str, percents: int) -> str:
    value *= 100.0**percents
    mantissa, _, exponent = code.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    if exponent:
        return f"{value:.{len(decimals)}E}"
    # Commas behind the last place leave out thousands.
    thousands = len(mantissa) - len(mantissa.rstrip(","))
    whole, decimals, value = whole.rstrip(","), decimals.rstrip(","), value / 1000**thousands
    text = f"{value:{',' if ',' in whole else ''}.{len(decimals)}f}"
    # Places that need not be filled: 1.5 in the format 0.0## is 1.5.
    optional = len(decimals) - len(decimals.rstrip("#?"))
    for _ in range(optional):
        text = text.removesuffix("0") if "." in text else text
    text = text.removesuffix(".") if optional else text
    digits, _, rest = text.partition(".")
    least = whole.count("0")
    if least > len(digits):
        digits = digits.zfill(least)
    return f"{digits}.{rest}" if rest else digits


def _date(value: float, pieces: _Pieces, *, from_1904: bool) -> str:
    """A date or time; empty for any other number."""
    try:
        moment = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
        moment += timedelta(seconds=round(value * 86_400, 3))
    except OverflowError:
        return ""
    has_half = any(kind == "half" for kind, _ in pieces)
    is_foreign = any(kind == "foreign" for kind, _ in pieces)
    if is_foreign and any(kind == "date" and text.lower().startswith(("mmm", "ddd")) for kind, text in pieces):
        return f"{moment:%Y-%m-%d}"
    said = []
    for place, (kind, text) in enumerate(pieces):
        if kind == "elapsed":
            said.append(str(int(value * 86_400 / _ELAPSED[text[0].lower()] + 1e-6)).zfill(len(text)))
        elif kind == "half":
            said.append("PM" if moment.hour >= 12 else "AM")
        elif kind == "date":
            said.append(_part(moment, text.lower(), is_minute=_is_minute(pieces, place), has_half=has_half))
        elif kind in ("text", "number"):
            said.append(text)
    return "".join(said).strip()


def _is_minute(pieces: _Pieces, place: int) -> bool:
    """Whether an `m` stands beside hours or seconds."""
    before = [text for kind, text in pieces[:place] if kind in ("date", "elapsed")]
    after = [text for kind, text in pieces[place + 1 :] if kind in ("date", "elapsed")]
    return bool(before and before[-1][0] in "hH") or bool(after and after[0][0] in "sS")


def _part(moment: datetime, token: str, *, is_minute: bool, has_half: bool) -> str:
    letter, length = token[0], len(token)
    if letter == "m" and not is_minute:
        names = {1: str(moment.month), 2: f"{moment:%m}", 3: f"{moment:%b}", 5: f"{moment:%b}"[:1]}
        return names.get(length, f"{moment:%B}")
    if letter == "d" and length > 2:
        return f"{moment:%a}" if length == 3 else f"{moment:%A}"
    if letter == "y":
        return f"{moment.year:04}" if length > 2 else f"{moment.year % 100:02}"
    if letter == "s" and "." in token:
        return f"{moment.second:02}.{moment.microsecond // 1000:03}"[: 3 + token.count("0")]
    number = {"d": moment.day, "h": moment.hour, "m": moment.minute, "s": moment.second}[letter]
    if letter == "h" and has_half:
        number = number % 12 or 12
    return str(number).zfill(min(length, 2))
