"""Texts as bags of words: what keyword search compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.retrieval.text.languages import DEFAULT


@dataclass(frozen=True, slots=True)
class WordVector:
    """A sparse vector: `words` are numbers that stand for word stems, each once; `weights` is parallel to it."""

    words: tuple[int, ...]
    weights: tuple[float, ...]


class WordEncoder(Protocol):
    """Splits text into words, leaves out those that say nothing, and reduces the others to their stems.

    A word has another number in every language, so that texts of different languages have no word in common. Languages
    are codes of `languages.NAMES`.
    """

    def document(self, text: str, languages: Sequence[str] = (DEFAULT,)) -> WordVector:
        """The words of a passage with their BM25 weights: frequency, saturated, against the passage's length.

        With several languages, the words by each of them side by side.
        """
        ...

    def query(self, text: str, language: str = DEFAULT) -> WordVector:
        """The words of a question, or of a sentence to be compared with one: each with weight 1."""
        ...

    def words(self, text: str, language: str = DEFAULT) -> frozenset[int]:
        """The same words as those of `query`, without weights: for many texts of the same chatbot, at a tenth of it."""
        ...
