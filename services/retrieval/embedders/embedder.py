"""The seam between retrieval and whatever turns text into vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.errors import ChatmountError, Text, refusal
from services.retrieval.embedders.scale import Scale

Vector = NDArray[np.float32]
"""Shape (dimension,), L2 norm 1."""

Matrix = NDArray[np.float32]
"""Shape (n, dimension), every row of L2 norm 1."""


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage to be embedded: its indexed text, its path, and its sentences in order."""

    whole: str
    path: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Of a passage, and a row for each of its sentences."""

    whole: Vector
    sentences: Matrix


class EmbedderUnavailable(Exception):
    """The embedder can't embed now: its endpoint is down, refuses, or answers nonsense.

    Callers may go on with keyword search alone. `retry_after` is in seconds, where the endpoint named a delay.
    The text is for the log, not for the public: it may name the endpoint, never its key.
    """

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after

    def as_refusal(self, unavailable: Text) -> ChatmountError:
        """The refusal of a request that needed the vectors."""
        return refusal(unavailable)


class EmbedderRefused(EmbedderUnavailable):
    """A failure that the same texts would meet again.

    A wrong key, model or address, or a reply without vectors. `advice` is for operators: it names the endpoint's status
    and what to do, and neither an address nor a key. `for_its_texts`: the status may be for the number or the length of
    the texts; others may pass.
    """

    def __init__(self, origin: str, advice: str, *, for_its_texts: bool = False) -> None:
        super().__init__(f"{origin}: {advice}")
        self.advice = advice
        self.for_its_texts = for_its_texts

    def as_refusal(self, unavailable: Text) -> ChatmountError:
        """See EmbedderUnavailable; WRONG_STATE with the advice, for the settings are wrong."""
        return refusal(Text.EMBEDDER_REFUSED, advice=self.advice)


class EmbedderPassedOver(EmbedderUnavailable):
    """Its endpoint failed a moment ago and was not asked."""


class ModelRefused(Exception):
    """A local model is absent, incomplete, or not the one its manifest describes.

    The text is one line.
    """


class Embedder(Protocol):
    """Turns texts into L2-normalised vectors, so that a dot product is the cosine.

    Implementations must keep two promises:

    - No call blocks the event loop: computation happens on threads (without the GIL), endpoints are awaited.
    - A query never waits behind passages: passages go in small batches with the loop free between them, and
      queries have a path of their own.

    Blank text is legal and gets some vector; text beyond the model's window is cut off at its end.
    """

    @property
    def name(self) -> str:
        """What made the vectors: model, revision, quantisation.

        Vectors of different names never mix in an index.
        """
        ...

    @property
    def languages(self) -> frozenset[str] | None:
        """Two-letter codes of the languages whose meaning its vectors tell; None: of any."""
        ...

    @property
    def dimension(self) -> int:
        """Length of every vector. Raises EmbedderUnavailable where it is not known before `open`."""
        ...

    @property
    def scale(self) -> Scale:
        """How its cosines are read. Known after the first vector of a question."""
        ...

    async def open(self, dimension: int | None = None) -> None:
        """Make ready, and learn the dimension.

        Awaited once, before anything else; a second call does nothing. `dimension`: of the vectors that an index has of
        this embedder. With it, one that can't be reached is waited for beside: its calls fail meanwhile. Without it,
        raises EmbedderUnavailable.
        """
        ...

    async def embed_query(self, text: str) -> Vector:
        """The vector of a question. Raises EmbedderUnavailable."""
        ...

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        """Passages in the order given.

        Each sentence is embedded with the path of its passage in front of it: it says what "it" and "this form" are,
        which is worth 1 to 3 points of the first hit. Raises EmbedderUnavailable.
        """
        ...

    async def close(self) -> None:
        """Give back threads and connections. Nothing may be called after it."""
        ...


def understands(embedder: Embedder | None, language: str) -> bool:
    """Whether there is an embedder whose vectors tell the meaning of a language."""
    return embedder is not None and (embedder.languages is None or language in embedder.languages)
