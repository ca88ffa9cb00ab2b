"""Which tags in a line of MDX are parts of the page, and which are parts of a sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence

from services.retrieval.ingest.extraction.jsx import Tag

Piece = str | Tag


def inline_tags(pieces: Sequence[Piece], open_names: Mapping[str, int], *, goes_on: bool) -> set[int]:
    """The places of the tags with text beside them, which are parts of a sentence.

    `open_names`: how many components of each name are open before the line. `goes_on`: the line is in the middle of a
    paragraph.
    """
    partners = _partners(pieces)
    root = -1
    path, parents, beside_text, apart = [root], dict[int, int](), set[int](), set[int]()
    if goes_on and all(place in partners or isinstance(one, str) or one.is_alone for place, one in enumerate(pieces)):
        beside_text.add(root)
    for place, piece in enumerate(pieces):
        if isinstance(piece, str):
            if piece.strip():
                beside_text.add(path[-1])
        elif place in partners and piece.is_closing:
            path.pop()
        elif place in partners:
            parents[place] = path[-1]
            path.append(place)
        elif len(path) == 1 and _parts_the_line(piece, open_names, has_text=root in beside_text):
            apart.add(place)
            # What stands before such a tag is not beside what stands behind it.
            root -= 1
            path = [root]
        else:
            parents[place] = path[-1]
    inline = set[int]()
    for place, piece in enumerate(pieces):
        if isinstance(piece, str) or place in apart:
            continue
        if piece.is_closing and place in partners:
            is_inline = partners[place] in inline
        else:
            is_lost = place not in partners and not piece.is_alone
            is_inline = is_lost or parents[place] in beside_text or parents[place] in inline
        if is_inline:
            inline.add(place)
    return inline


def _parts_the_line(tag: Tag, open_names: Mapping[str, int], *, has_text: bool) -> bool:
    """Whether a tag without a partner ends a component, or begins one at the line's start."""
    return open_names.get(tag.name, 0) > 0 if tag.is_closing else not (tag.is_alone or has_text)


def _partners(pieces: Sequence[Piece]) -> dict[int, int]:
    """The places of tags and of their ends in one line, both ways."""
    partners: dict[int, int] = {}
    begun: list[tuple[int, str]] = []
    names = Counter[str]()
    for place, tag in enumerate(pieces):
        if isinstance(tag, str) or tag.is_alone:
            continue
        if not tag.is_closing:
            begun.append((place, tag.name))
            names[tag.name] += 1
        while tag.is_closing and names[tag.name]:
            beginning, name = begun.pop()
            names[name] -= 1
            if name == tag.name:
                partners[beginning], partners[place] = place, beginning
                break
    return partners
