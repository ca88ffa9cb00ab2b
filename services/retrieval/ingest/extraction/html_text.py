"""The text of a line of a web page, from its pieces and the signs between them."""

import re

from services.retrieval.ingest.extraction.document import one_line

BREAK = "\u2028"
"""Stands for a line break in the text of a piece."""
ITEM = "\u2029"
"""Stands between two items of a list that is no block of its own, as in a cell of a table."""
EDGE = "\x1e"
"""Stands where a part of a line begins or ends."""
EDGES = {"span": 2 * EDGE, **dict.fromkeys(("a", "b", "strong", "em", "i", "time", "small", "cite", "label"), EDGE)}
"""What begins and ends with how many of them: see `plain`."""
CODE = frozenset(("code", "kbd", "samp", "tt", "var"))
"""What holds no words, but names."""

_STOPS = ".,;:!?。"
_RUN_ON = re.compile(rf"(?<=[^\W\d_A-Z]{{2}}){EDGE}{{2,}}(?=[A-Z][^\W\d_A-Z])")


def plain(pieces: str) -> str:
    """The text on one line, with its items and words apart.

    Words with nothing but edges between them, as in `<span>Credit</span><a>Jane</a>`, are set apart by a style sheet.
    There must be two edges at least, or one of a span: within a name, a part may be emphasised.
    """
    if EDGE in pieces:
        pieces = _RUN_ON.sub(" ", pieces).replace(EDGE, "")
    if ITEM not in pieces:
        return one_line(pieces)
    text = ""
    for item in filter(None, map(one_line, pieces.split(ITEM))):
        text += ("" if not text else " " if text[-1] in _STOPS else ", ") + item
    return text
