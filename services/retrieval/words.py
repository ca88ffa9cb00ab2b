"""Texts as bags of words: what keyword search compares."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WordVector:
    """A sparse vector: `words` are numbers that stand for word stems, each once; `weights` is parallel to it."""

    words: tuple[int, ...]
    weights: tuple[float, ...]


class WordEncoder(Protocol):
    """Splits text into words, leaves out those that say nothing, and reduces the others to their stems."""

    def document(self, text: str) -> WordVector:
        """The words of a passage with their BM25 weights: frequency, saturated, against the passage's length."""
        ...

    def query(self, text: str) -> WordVector:
        """The words of a question, or of a sentence to be compared with one: each with weight 1."""
        ...
