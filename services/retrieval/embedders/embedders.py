"""The embedders of an installation.

A main one, and one for chatbots whose language it does not understand.
"""

from dataclasses import dataclass
from typing import Protocol

from services.retrieval.embedders.embedder import Embedder, understands

MAIN = ""
"""Stands for the main embedder: the name that a chatbot keeps of it, and its space."""


class FurtherEmbedder(Embedder, Protocol):
    """One whose files may not be there yet.

    Its name, dimension and languages are known all the same.
    """

    @property
    def languages(self) -> frozenset[str]:
        """See Embedder."""
        ...

    @property
    def is_prepared(self) -> bool:
        """Whether it can embed."""
        ...


@dataclass(frozen=True, slots=True)
class Embedders:
    """`main` None: there is no such embedder. `multilingual` None: the settings do without."""

    main: Embedder | None
    multilingual: FurtherEmbedder | None = None

    def wanted(self, language: str) -> str:
        """The name of the embedder that a chatbot in this language should have."""
        if self.multilingual is None or understands(self.main, language):
            return MAIN
        return self.multilingual.name if language in self.multilingual.languages else MAIN

    def at_hand(self, language: str, name: str) -> Embedder | None:
        """The embedder of this name, for a text in this language; None: words have to do."""
        if name == MAIN:
            return self.main if understands(self.main, language) else None
        one = self.multilingual
        return one if one is not None and one.name == name and one.is_prepared else None

    @property
    def further(self) -> tuple[str, ...]:
        """The names of embedders beside the main one that are at hand."""
        one = self.multilingual
        return (one.name,) if one is not None and one.is_prepared else ()


NO_EMBEDDERS = Embedders(None)
