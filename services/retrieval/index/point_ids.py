"""Engine ids.

Qdrant's points are named by UUIDs; ours go into one and come back out, so that no look-up is needed.
"""

import re
from functools import lru_cache
from uuid import UUID

from services.ids import ALPHABET, RANDOM_LENGTH

_PREFIXES = ("psg", "qa")
_ID = re.compile(rf"({'|'.join(_PREFIXES)})_([A-Za-z0-9]{{{RANDOM_LENGTH}}})", re.ASCII)
_PREFIX_SHIFT = 120  # 62**20 is less than 2**120

# Two letters a step, and halves that fit into machine words: a search converts hundreds of ids.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_VALUE_OF = {pair: value for value, pair in enumerate(_PAIRS)}
_BASE = len(_PAIRS)
_STEPS = RANDOM_LENGTH // 4
REMEMBERED = 2**15  # ids, of 0.2 KB each: the passages that questions come upon are often the same
_HALF = _BASE**_STEPS


def point_id(entry_id: str) -> UUID:
    """The UUID of `psg_…` or `qa_…`. ValueError for any other id."""
    match = _ID.fullmatch(entry_id)
    if match is None:
        raise ValueError(f"not the id of a passage or a question: {entry_id!r}")
    number, letters = 0, match[2]
    for place in range(0, RANDOM_LENGTH, 2):
        number = number * _BASE + _VALUE_OF[letters[place : place + 2]]
    return UUID(int=(_PREFIXES.index(match[1]) + 1) << _PREFIX_SHIFT | number)


def entry_id(point: object) -> str:
    """The id that became this UUID, which engines give back as an object or as text."""
    return entry_of(point.int if isinstance(point, UUID) else UUID(str(point)).int)


@lru_cache(REMEMBERED)
def entry_of(number: int) -> str:
    """The id that became the UUID with this number."""
    prefix = _PREFIXES[(number >> _PREFIX_SHIFT) - 1]
    high, low = divmod(number & ((1 << _PREFIX_SHIFT) - 1), _HALF)
    letters = ""
    for half in (low, high):
        for _ in range(_STEPS):
            half, value = divmod(half, _BASE)
            letters = _PAIRS[value] + letters
    return f"{prefix}_{letters}"
