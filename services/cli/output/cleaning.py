"""Texts without what could steer the terminal."""

import json
import re
import sys
import unicodedata
from typing import Any

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Persian, the languages of India and emoji are not written rightly without the two joiners.
_KEPT = "\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# Letters and marks to Unicode, and to the eye nothing.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def clean(text: str) -> str:
    """Replace the characters that could move the cursor or reverse the writing.

    Lines end as they do here, whichever system wrote them.
    """
    return "".join(map(_shown, _LINE_END.sub("\n", text)))


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT or unicodedata.category(character) == "Zs":
        return character
    return "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """`text` in one clean line."""
    return clean(" ".join(text.split()))


def json_text(value: Any) -> str:
    """One JSON value: in one line for programs, indented and escaped for people."""
    return for_stdout(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def for_stdout(text: str) -> str:
    """JSON as it is; on a terminal with escapes for what could steer it or hide in it."""
    return "".join(map(_escaped, text)) if sys.stdout.isatty() else text


def _escaped(character: str) -> str:
    if character == "\n" or (character.isprintable() and not _UNSEEN.match(character)):
        return character
    return json.dumps(character)[1:-1]
