"""BM25 word vectors by Qdrant's own encoder, the same for both engines."""

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import qdrant_edge as edge

from services.languages import CUT, DEFAULT, NAMES, STEMMED
from services.retrieval.index.scripts import ACCENTED, folded, in_words
from services.retrieval.index.stopwords import CONVERSATIONAL
from services.retrieval.text.words import WordVector

K = 1.2
B = 0.75
AVERAGE_LENGTH = 100.0
"""Words of a typical passage with its headings. Fixed, because the weights of stored passages depend on it."""

ENCODER_VERSION = 2
"""Goes up with every change after which the same text gets another word vector."""

PIECES = 2**14  # of 0.3 KB each: few words make up most of all sentences

_WITH_STOPWORDS = ("ja", "zh")
_NUMBERS = 0x7FFFFFFF
_JAPANESE_STOPWORD = "の"


class Bm25Encoder:
    """Words by Unicode's rules, folded to plain letters, reduced to the stems of their language.

    Measured on questions about encyclopaedia pages in eight languages, stems are worth 0 to 11 points of the first hit
    over those of English. Accents are folded before, which costs nothing where they are typed and is worth up to 11
    points where they are not.

    Scripts without spaces are cut by dictionary. Bigrams of letters were no better: 0 points in Japanese, 2 fewer in
    Chinese, 8 fewer in Thai.
    """

    def document(self, text: str, languages: Sequence[str] = (DEFAULT,)) -> WordVector:
        """See WordEncoder."""
        spaced, unspaced = in_words(text)
        vectors = []
        for language in languages:
            vectors.append(_numbered(_spaced(language).embed_document(_plain(spaced, language)), language))
            if unspaced:
                marked = _marked(unspaced, language)
                vectors.append(_numbered(_unspaced(language).embed_document(marked), language))
        return _merge(vectors)

    def query(self, text: str, language: str = DEFAULT) -> WordVector:
        """See WordEncoder."""
        spaced, unspaced = in_words(text)
        vectors = [_numbered(_spaced(language).embed_query(_plain(spaced, language)), language)]
        if unspaced:
            vectors.append(_numbered(_unspaced(language).embed_query(_marked(unspaced, language)), language))
        return _merge(vectors)

    def words(self, text: str, language: str = DEFAULT) -> frozenset[int]:
        """See WordEncoder."""
        spaced, unspaced = in_words(text)
        found: set[int] = set()
        for piece in spaced.split():
            found.update(_words_of_piece(piece, language))
        if unspaced:
            marked = _marked(unspaced, language)
            found.update(_numbered(_unspaced(language).embed_query(marked), language).words)
        return frozenset(found)


@lru_cache(PIECES)
def _words_of_piece(piece: str, language: str) -> tuple[int, ...]:
    """Of what stands between two spaces.

    Nothing in it depends on what is beside it, so it is cut and stemmed once.
    """
    return _numbered(_spaced(language).embed_query(_plain(piece, language)), language).words


@lru_cache
def _spaced(language: str) -> edge.Bm25:
    # What is written in Latin letters among Chinese or Japanese is mostly English.
    return _encoder(edge.TokenizerType.Word, DEFAULT if language in CUT else language)


@lru_cache
def _unspaced(language: str) -> edge.Bm25:
    return _encoder(edge.TokenizerType.Multilingual, language if language in (*STEMMED, *_WITH_STOPWORDS) else DEFAULT)


def _plain(spaced: str, language: str) -> str:
    return folded(spaced, language) if language in ACCENTED else spaced


def _marked(unspaced: str, language: str) -> str:
    """The text with a mark of its language: Chinese characters alone count as Chinese.

    Questions of a few key words are such, and cut otherwise than the pages, half of them found nothing.
    """
    return f"{_JAPANESE_STOPWORD} {unspaced}" if language == "ja" else unspaced


def _encoder(tokenizer: edge.TokenizerType, language: str) -> edge.Bm25:
    name = NAMES[language]
    # The engine has the languages of stop words under the same names, with a capital letter.
    stopwords = edge.StopwordsSet(
        languages={getattr(edge.Language, name.capitalize())},
        custom=set(CONVERSATIONAL.get(language, ())),
    )
    return edge.Bm25(
        edge.Bm25Config(
            k=K,
            b=B,
            avg_len=AVERAGE_LENGTH,
            tokenizer=tokenizer,
            language=name,
            ascii_folding=language not in ACCENTED,
            stopwords=stopwords,
        )
    )


def _numbered(vector: edge.SparseVector, language: str) -> WordVector:
    if language == DEFAULT:
        return WordVector(tuple(vector.indices), tuple(vector.values))
    mark = zlib.crc32(language.encode()) & _NUMBERS
    return WordVector(tuple(word ^ mark for word in vector.indices), tuple(vector.values))


def _merge(vectors: Iterable[WordVector]) -> WordVector:
    weights: dict[int, float] = {}
    for vector in vectors:
        for word, weight in zip(vector.words, vector.weights, strict=True):
            weights[word] = max(weight, weights.get(word, 0.0))
    words = tuple(sorted(weights))
    return WordVector(words, tuple(weights[word] for word in words))
