"""The search for a part of a text, whatever its case, in the patterns of each database.

SQLite's LIKE knows the case of ASCII alone, and that of Postgres what its locale knows. So the patterns spell both
cases of a letter out, which is the same everywhere. In Postgres an expression costs more than twice as much as ILIKE by
bytes, which knows the case of ASCII, and is left to what that lets through.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, collate, or_


def contains(on_sqlite: bool, column: Any, text: str) -> ColumnElement[bool]:
    """Whether the column has `text`, which is not empty, as a part."""
    if not on_sqlite:
        by_bytes = "".join(map(_liked, text))
        found: ColumnElement[bool] = collate(column, "C").op("ILIKE")(f"%{by_bytes}%")
        return found if text.isascii() else and_(found, column.op("~")("".join(map(_regular, text))))
    # A pattern that begins with a letter is many times as fast as one that begins with a choice.
    rest = "".join(map(_globbed, text[1:]))
    return or_(*(column.op("GLOB")(f"*{_globbed_one(first)}{rest}*") for first in _cases(text[0])))


def _cases(character: str) -> str:
    # Where the other case has several letters, as ß has, there is none.
    forms = (character, character.lower(), character.upper())
    return "".join(dict.fromkeys(form for form in forms if len(form) == 1))


def _liked(character: str) -> str:
    if not character.isascii():
        # However long it is in bytes, and its other case.
        return "%"
    return f"\\{character}" if character in "\\%_" else character


def _regular(character: str) -> str:
    forms = _cases(character)
    return f"[{forms}]" if len(forms) > 1 else re.escape(character)


def _globbed(character: str) -> str:
    forms = _cases(character)
    return f"[{forms}]" if len(forms) > 1 else _globbed_one(character)


def _globbed_one(character: str) -> str:
    return f"[{character}]" if character in "*?[" else character
