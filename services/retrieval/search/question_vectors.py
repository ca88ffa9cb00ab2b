"""Remembered vectors of questions: what is asked often is embedded once."""

from services.observe.spans import span
from services.retrieval.embedders.embedder import Embedder, Vector
from services.retrieval.metrics import EMBEDDING_SECONDS, REMEMBERED
from services.retrieval.search.remembered import Remembered

BYTES = 16 * 1024 * 1024
"""Of about 8,000 questions."""

_OVERHEAD = 400  # of a key and of an array that holds the numbers
_FOUND, _NOT_FOUND = (REMEMBERED.labels("vector", found) for found in ("yes", "no"))


class QuestionVectors:
    """The vectors of the questions that were last asked, by the name of what made them.

    The same model makes the same vector of the same text, so nothing here can be out of date.
    """

    def __init__(self, maximum_bytes: int = BYTES) -> None:
        self._known: Remembered[tuple[str, str], Vector] = Remembered(maximum_bytes, _size_of)

    async def of(self, embedder: Embedder, text: str) -> Vector:
        """The vector of a question. Raises EmbedderUnavailable, of which nothing is remembered."""
        key = (embedder.name, text)
        known = self._known.get(key)
        if known is not None:
            _FOUND.inc()
            return known
        _NOT_FOUND.inc()
        with span("search.embedding"), EMBEDDING_SECONDS.labels("question").time():
            vector = await embedder.embed_query(text)
        # It is part of a larger array, which it would keep.
        kept = vector.copy()
        kept.flags.writeable = False
        self._known.put(key, kept)
        return kept


def _size_of(key: tuple[str, str], vector: Vector) -> int:
    return _OVERHEAD + 4 * len(key[1]) + vector.nbytes
