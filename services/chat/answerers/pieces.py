"""Finished texts as streams."""

import re
from collections.abc import Iterator

from services.chat.answerers.answerer import Piece

# A word with the space before it; at the very end, space alone. Joined, the pieces are the text.
_PIECE = re.compile(r"\s*\S+|\s+\Z")


def in_pieces(text: str) -> Iterator[Piece]:
    """The text word by word."""
    return (Piece(piece) for piece in _PIECE.findall(text))
