"""The tags of the prompt, where a model repeats them.

With their code or another, whole or at the end of the text.
"""

import re

_NAMES = ("passage", "question")
_BEGINNINGS = "|".join(sorted({name[:length] for name in _NAMES for length in range(1, len(name) + 1)}, reverse=True))
_NAMED = rf"</?[ \t]?(?:{'|'.join(_NAMES)})s?(?:[-_][\w-]{{0,60}})?(?:\s[^<>]{{0,80}})?"
_WHOLE = re.compile(rf"{_NAMED}/?>", re.IGNORECASE)
# What the prompt itself writes, and no page about tags.
_OWN = re.compile(r"</?[ \t]?\w+-[0-9a-f]{16}[^<>]{0,80}>", re.IGNORECASE)
_UNFINISHED = re.compile(rf"(?:{_NAMED}/?|</?[ \t]?(?:{_BEGINNINGS})?)\Z", re.IGNORECASE)
_CUT_OFF = re.compile(rf"{_NAMED}/?\Z", re.IGNORECASE)
_NUMBER = re.compile(r"<[^/][^<>]*?\s(?:number\s*=\s*)?[\"']?(\d{1,3})\b")

MAXIMUM_LENGTH = 160


def end_of_tag(text: str, start: int, *, in_code: bool, final: bool) -> int | None:
    """The end of the tag that begins at `start`.

    `start` when there is none, None when more text is needed to know. In code only tags with a code like the
    prompt's own count.
    """
    whole = _WHOLE.match(text, start)
    if whole:
        return whole.end() if not in_code or _OWN.match(text, start) else start
    if len(text) - start > MAXIMUM_LENGTH:
        return start
    if final:
        return len(text) if _CUT_OFF.match(text, start) and not in_code else start
    return None if _UNFINISHED.match(text, start) else start


def number_in(tag: str) -> int | None:
    """The number of the passage that an opening tag names."""
    found = _NUMBER.match(tag)
    return int(found[1]) if found else None
