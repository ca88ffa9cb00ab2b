"""Texts as bags of words: what keyword search compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.languages import DEFAULT


@dataclass(frozen=True, slots=True)
class WordVector:
    """A sparse vector.

    `words`: numbers that stand for word stems, each once; `weights` is parallel to it.
    """

    words: tuple[int, ...]
    weights: tuple[float, ...]


class WordEncoder(Protocol):
    """Splits text into words, leaves out empty ones, and reduces the others to their stems.

    A word has another number in every language, so that texts of different languages have no word in common. Languages
    are codes of `languages.NAMES`.
    """

    def document(self, text: str, languages: Sequence[str] = (DEFAULT,)) -> WordVector:
        """The words of a passage with their BM25 weights.

        A weight is the frequency, saturated, against the passage's length.

        With several languages, the words by each of them side by side.
        """
        ...

    def query(self, text: str, language: str = DEFAULT) -> WordVector:
        """The words of a question, or of a sentence to be compared with one: each with weight 1."""
        ...

    def words(self, text: str, language: str = DEFAULT) -> frozenset[int]:
        """The words of `query` without weights, ten times as fast: for many texts of a chatbot."""
        ...
