"""Marks of sites and paths, by which the loader tells them: a few letters for each.

Two texts may have one mark. Of sites, that shows a launcher where no ticket is given, once in ten thousand pages with
many sites; of paths, it would hide the chat, so their marks are longer.
"""

from collections.abc import Iterable

SITE_LETTERS, PATH_LETTERS = 4, 5

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def marks(texts: Iterable[str], letters: int) -> str:
    """The marks of these texts of ASCII, one after the other."""
    return "".join(_mark(text, letters) for text in texts)


def _mark(text: str, letters: int) -> str:
    """The last digits of FNV-1a, read as a number with a sign: loader.js counts the same way."""
    number = 2166136261
    for character in text:
        number = (number ^ ord(character)) * 16777619 % 2**32
    number = (number - 2**32 if number >= 2**31 else number) + 4_000_000_000
    digits = ""
    while len(digits) < letters:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
