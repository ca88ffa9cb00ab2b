"""Names of vectors and payload fields, and the identity of an index's rules."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass

from services.retrieval.embedders.embedder import Embedder
from services.retrieval.index.bm25 import ENCODER_VERSION

SCHEMA_VERSION = 1
"""Goes up with every change after which an existing index can't be used."""

LEXICAL = "lexical"  # sparse: BM25 words
VECTOR = "vector"  # dense: a passage, or a question with a fixed answer
SENTENCES = "sentences"  # multivector: one row per sentence

SCOPE = "scope"  # the chatbot and the state of the entry in one value, so that every request has one condition
VERSION = "version"
STATE = "state"
PACKED = "packed"  # the rows of SENTENCES as text, in the embedded engine; see edge_sentences
MAKESHIFT = "makeshift"  # there where an entry lacks a vector that it should have

MAIN_SPACE = ""
"""Of the vectors of the main embedder, to which the names of vectors belong as they stand here."""

SEARCHED = "searched"
DISABLED = "disabled"
QUESTION = "question"
STATES = (SEARCHED, DISABLED, QUESTION)

KEYWORDS = (SCOPE, STATE, VERSION, MAKESHIFT)
"""Payload fields that are filtered by, each with an index."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the vectors of an index depend on.

    Indexes with different fingerprints can't stand in for each other.
    """

    embedder: str | None
    dimension: int | None
    schema: int = SCHEMA_VERSION
    words: int = ENCODER_VERSION

    @classmethod
    def of(cls, embedder: Embedder | None) -> "Fingerprint":
        """The fingerprint of an index that this embedder fills."""
        return cls(None, None) if embedder is None else cls(embedder.name, embedder.dimension)

    def as_json(self) -> str:
        """As it is recorded beside an index."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Fingerprint | None":
        """The fingerprint that was recorded as this text; None for any other text."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def short(self) -> str:
        """Eight hexadecimal digits that stand for it in a name."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:8]


def space_of(embedder: str) -> str:
    """The space of an embedder's vectors, by its name; empty: the main one."""
    return hashlib.sha256(embedder.encode()).hexdigest()[:8] if embedder else MAIN_SPACE


def in_space(name: str, space: str) -> str:
    """The name of a vector or a field in a space."""
    return f"{name}_{space}" if space else name


def scope(chatbot_id: str, state: str) -> str:
    """What an entry of this chatbot in this state is filed under."""
    return f"{chatbot_id}/{state}"


def inverse_document_frequency(passages: int, containing: int) -> float:
    """How rare a word is; the formula is Qdrant's own."""
    return math.log((passages - containing + 0.5) / (containing + 0.5) + 1.0)
