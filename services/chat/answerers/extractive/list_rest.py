"""Long lists: they go on in other passages than the one in which they begin."""

import re
from collections.abc import Sequence

from services.chat.answerers.extractive.excerpt import Excerpt
from services.chat.answerers.extractive.layout import UnitKind, is_list_line
from services.chat.passages import Passage

_NUMBER = re.compile(r"\s*\(?(\d{1,3})[.)]\s")
_PASSAGES = 4


def rest_of_list(part: Excerpt, passages: Sequence[Passage]) -> list[Excerpt]:
    """What follows a part that ends in a list, from the other passages of its section, in order.

    Neighbours share an item; where they don't, the items' numbers tell.
    """
    rest: list[Excerpt] = []
    seen = {part.passage}
    while len(rest) < _PASSAGES:
        here = passages[part.passage - 1]
        last = here.text[: part.end].rstrip().rpartition("\n")[2]
        if here.text[part.end :].strip() or not is_list_line(last):
            break
        near = ((number, one) for number, one in enumerate(passages, 1) if number not in seen and _is_beside(here, one))
        following = next((found for number, one in near if (found := _after(number, one.text, last))), None)
        if following is None:
            break
        rest.append(following)
        seen.add(following.passage)
        part = following
    return rest


def _is_beside(one: Passage, other: Passage) -> bool:
    return one.source == other.source and one.headings == other.headings


def _after(number: int, text: str, last: str) -> Excerpt | None:
    """The items of a passage that follow the last item of another passage."""
    lines = text.split("\n")
    if last in lines:
        first = lines.index(last) + 1
    elif (before := _NUMBER.match(last)) and (after := _NUMBER.match(text)) and int(after[1]) == int(before[1]) + 1:
        first = 0
    else:
        return None
    end = first
    while end < len(lines) and is_list_line(lines[end]):
        end += 1
    start = sum(len(line) + 1 for line in lines[:first])
    return Excerpt(number, start, start + len("\n".join(lines[first:end])), UnitKind.BLOCK) if end > first else None
