"""Engine ids. Qdrant's points are named by UUIDs; ours go into one and come back out, so that no look-up is needed."""

from uuid import UUID

from services.ids import ALPHABET, RANDOM_LENGTH

_PREFIXES = ("psg", "qa")
_BASE = len(ALPHABET)
_VALUE_OF = {letter: value for value, letter in enumerate(ALPHABET)}
_PREFIX_SHIFT = 120  # 62**20 is less than 2**120


def point_id(entry_id: str) -> UUID:
    """The UUID of `psg_…` or `qa_…`. ValueError for any other id."""
    prefix, _, letters = entry_id.partition("_")
    if prefix not in _PREFIXES or len(letters) != RANDOM_LENGTH or not _VALUE_OF.keys() >= set(letters):
        raise ValueError(f"not the id of a passage or a question: {entry_id!r}")
    number = 0
    for letter in letters:
        number = number * _BASE + _VALUE_OF[letter]
    return UUID(int=(_PREFIXES.index(prefix) + 1) << _PREFIX_SHIFT | number)


def entry_id(point: UUID | str | int) -> str:
    """The id that became this UUID."""
    number = UUID(str(point)).int
    prefix, rest = _PREFIXES[(number >> _PREFIX_SHIFT) - 1], number & ((1 << _PREFIX_SHIFT) - 1)
    letters = []
    for _ in range(RANDOM_LENGTH):
        rest, value = divmod(rest, _BASE)
        letters.append(ALPHABET[value])
    return f"{prefix}_{''.join(reversed(letters))}"
