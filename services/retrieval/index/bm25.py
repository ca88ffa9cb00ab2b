"""BM25 word vectors by Qdrant's own encoder, the same for the engine in the process and for a server."""

import re

import qdrant_edge as edge

from services.retrieval.index.stopwords import CONVERSATIONAL
from services.retrieval.words import WordVector

K = 1.2
B = 0.75
AVERAGE_LENGTH = 100.0
"""Words of a typical passage with its headings. Fixed, because the weights of stored passages depend on it."""

ENCODER_VERSION = 1
"""Goes up with every change after which the same text gets another word vector."""

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_RUNS = re.compile(f"[{_UNSPACED}]+")


class Bm25Encoder:
    """Words by Unicode's rules, folded to plain letters, English stems.

    Scripts that put no spaces between words (Chinese, Japanese, Thai, …) are cut by dictionary; that tokenizer drops
    numbers, so it gets these scripts alone.
    """

    def __init__(self) -> None:
        self._spaced = _encoder(edge.TokenizerType.Word)
        self._unspaced = _encoder(edge.TokenizerType.Multilingual)

    def document(self, text: str) -> WordVector:
        """See WordEncoder."""
        spaced, unspaced = _split(text)
        vectors = [self._spaced.embed_document(spaced)]
        if unspaced:
            vectors.append(self._unspaced.embed_document(unspaced))
        return _merge(vectors)

    def query(self, text: str) -> WordVector:
        """See WordEncoder."""
        spaced, unspaced = _split(text)
        vectors = [self._spaced.embed_query(spaced)]
        if unspaced:
            vectors.append(self._unspaced.embed_query(unspaced))
        return _merge(vectors)


def _encoder(tokenizer: edge.TokenizerType) -> edge.Bm25:
    return edge.Bm25(
        edge.Bm25Config(
            k=K,
            b=B,
            avg_len=AVERAGE_LENGTH,
            tokenizer=tokenizer,
            language="english",
            ascii_folding=True,
            stopwords=edge.StopwordsSet(languages={edge.Language.English}, custom=set(CONVERSATIONAL)),
        )
    )


def _split(text: str) -> tuple[str, str]:
    # Lone surrogates, which JSON can carry, have no UTF-8 form.
    text = text.encode("utf-8", "replace").decode("utf-8")
    runs = _UNSPACED_RUNS.findall(text)
    return (_UNSPACED_RUNS.sub(" ", text), " ".join(runs)) if runs else (text, "")


def _merge(vectors: list[edge.SparseVector]) -> WordVector:
    if len(vectors) == 1:
        return WordVector(tuple(vectors[0].indices), tuple(vectors[0].values))
    weights: dict[int, float] = {}
    for vector in vectors:
        for word, weight in zip(vector.indices, vector.values, strict=True):
            weights[word] = max(weight, weights.get(word, 0.0))
    words = tuple(sorted(weights))
    return WordVector(words, tuple(weights[word] for word in words))
