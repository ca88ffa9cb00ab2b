"""Finished texts as streams."""

import re
from collections.abc import Iterator

from services.chat.answerers.answerer import Piece

# Some words, each with the space before it; at the very end, space alone. Joined, the pieces are the text.
# They all leave at once, and sending one costs the same whatever its length.
_PIECE = re.compile(r"(?:\s*\S+){1,8}|\s+\Z")


def in_pieces(text: str) -> Iterator[Piece]:
    """The text, a few words at a time."""
    return (Piece(piece) for piece in _PIECE.findall(text))
