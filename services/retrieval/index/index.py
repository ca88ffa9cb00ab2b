"""The seam between retrieval and the engine that ranks.

The index holds vectors and ids only. Texts live in the relational store, which alone decides what exists: what an index
gives back and the store does not know is passed over, and the whole index can be rebuilt from the store.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.retrieval.embedders.embedder import Matrix, PassageVectors, Vector
from services.retrieval.text.words import WordVector

Scores = NDArray[np.float64]

Closest = list[tuple[str, float]]
"""Ids of entries and their cosines, the highest first."""

Rows = NDArray[np.float32] | NDArray[np.float16]
"""Sentence vectors, one row each, with the precision that an engine keeps."""


@dataclass(frozen=True, slots=True)
class PassageEntry:
    """A passage to index.

    `vector` and `sentences` (one row per sentence) are None where no embedder is at work. `is_makeshift`: it should
    have a vector that could not be made. `further`: vectors of other embedders than the main one, by their spaces.
    """

    id: str
    words: WordVector
    vector: Vector | None
    sentences: Matrix | None
    is_makeshift: bool = False
    further: Mapping[str, PassageVectors] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """One wording of a question. `vector` None: words alone. `space`: of its vector."""

    words: WordVector
    vector: Vector | None
    space: str = ""


@dataclass(frozen=True, slots=True)
class Signals:
    """The scores of every candidate by one query: arrays parallel to `Candidates.ids`."""

    lexical: Scores
    vector: Scores | None
    sentence: Scores | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth a closer look, in the order of their ids, and their signals by each query."""

    ids: tuple[str, ...]
    signals: tuple[Signals, ...]


@dataclass(frozen=True, slots=True)
class VersionState:
    """What an index holds of a version."""

    entries: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """An entry as an index holds it. `state` is one of those in `schema`."""

    version: str
    state: str
    has_vector: bool


class SearchedIndex(Protocol):
    """The part of an index that searches need."""

    async def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, *, with_rarity: bool) -> None:
        """Prepare `candidates`, and `rarity` if `with_rarity`, while vectors are made.

        It changes no answer: an index that can't make use of it does nothing.
        """
        ...

    async def candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        """The `depth` best passages by words and the `depth` best by vector of each query.

        Every candidate gets every signal of every query: BM25 (0 without a common word), the cosine with the passage,
        and the best cosine with one of its sentences. `vector` and `sentence` are None for a query without a vector.
        """
        ...

    async def sentences(self, chatbot_id: str, passage_ids: Collection[str], space: str = "") -> dict[str, Rows]:
        """The sentence vectors of the chatbot's searched passages among these ids that have any.

        They may be halved in precision: a cosine is right to three decimal places.
        """
        ...

    async def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """The inverse document frequency of each word; highest for words in no passage."""
        ...

    async def nearest_questions(self, chatbot_id: str, vector: Vector, limit: int, space: str = "") -> Closest:
        """Ids and cosines of the chatbot's closest questions, the closest first."""
        ...


class FilledIndex(Protocol):
    """The part of an index that takes new entries."""

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """Add passages to a version, searched from now on. No entries: nothing happens."""
        ...

    async def add_question(
        self, chatbot_id: str, version: str, question_id: str, vectors: Mapping[str, Vector]
    ) -> None:
        """Add a question with a fixed answer: found by `nearest_questions` in its spaces alone."""
        ...


class KeptIndex(Protocol):
    """The part of an index that keeps it in line with the store."""

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """Take the chatbot's passages of the versions out of searches, or put them back in.

        The same goes for word statistics.
        """
        ...

    async def remove(self, versions: Collection[str]) -> None:
        """Remove all entries of the versions, known or not."""
        ...

    async def flush(self) -> None:
        """Return when everything written so far is on disk.

        Costly, and nothing when nothing was written.
        """
        ...

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """Every version over all chatbots, or those among `among`: for comparing with the store."""
        ...


class Index(SearchedIndex, FilledIndex, KeptIndex, Protocol):
    """Passages and questions of all chatbots, ranked within one.

    Every implementation keeps these promises, and one suite of tests holds all of them to it:

    - **Tenancy.** Each reading call names a chatbot and sees nothing of any other: neither its entries nor the
      statistics of its words.
    - **Versions.** Entries come in versions: all passages of one state of a source, or one question. A version is
      removed, disabled and enabled as a whole. Adding an id again replaces it.
    - **Visibility.** What a writing call did holds for every reading call that begins after it returned.
    - **Durability.** What was written survives the sudden end of the process; what was written before `flush` returned
      also that of the machine.
    - **Order.** The same content gives the same answer; equal scores stand in the order of their ids.

    Ids are those of `services.ids`. Passage vectors have L2 norm 1.
    """

    async def ensure_space(self, space: str, dimension: int) -> None:
        """Have room for vectors of one more embedder, before there are any."""
        ...

    async def chatbots(self) -> set[str]:
        """Every chatbot that has an entry: for comparing with the store."""
        ...

    async def entries(self, chatbot_id: str, space: str = "") -> dict[str, IndexedEntry]:
        """All entries of the chatbot by id, with vectors of a space: for comparing with the store."""
        ...

    async def remove_entries(self, chatbot_id: str, ids: Collection[str]) -> None:
        """Remove the chatbot's entries among these ids, of any version."""
        ...

    async def remove_makeshift(self) -> None:
        """Remove all makeshift entries."""
        ...

    async def close(self) -> None:
        """Write everything out and let go of files and connections."""
        ...
