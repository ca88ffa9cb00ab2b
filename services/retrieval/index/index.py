"""The seam between retrieval and the engine that ranks.

The index holds vectors and ids only. Texts live in the relational store, which alone decides what exists: whatever an
index gives back that the store does not know is passed over, and the whole index can be built anew from the store.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.retrieval.embedders.embedder import Matrix, Vector
from services.retrieval.index.contents import IndexedEntry
from services.retrieval.text.words import WordVector

Scores = NDArray[np.float64]

Rows = NDArray[np.float32] | NDArray[np.float16]
"""Sentence vectors, one row each, with the precision that an engine keeps."""


@dataclass(frozen=True, slots=True)
class PassageEntry:
    """A passage to index. `vector` and `sentences` (one row per sentence) are None where no embedder is at work.

    `is_makeshift`: it should have a vector that could not be made.
    """

    id: str
    words: WordVector
    vector: Vector | None
    sentences: Matrix | None
    is_makeshift: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One wording of what is looked for. `vector` None: words alone."""

    words: WordVector
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Signals:
    """How every candidate scores by one query: arrays parallel to `Candidates.ids`."""

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


class FilledIndex(Protocol):
    """As much of an index as it takes to fill it. See Index."""

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """See Index."""
        ...

    async def add_question(self, chatbot_id: str, version: str, question_id: str, vector: Vector) -> None:
        """See Index."""
        ...


class KeptIndex(Protocol):
    """As much of an index as it takes to keep it in line with the store. See Index."""

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """See Index."""
        ...

    async def remove(self, versions: Collection[str]) -> None:
        """See Index."""
        ...

    async def flush(self) -> None:
        """See Index."""
        ...

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """See Index."""
        ...


class Index(Protocol):
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

    async def add_passages(self, chatbot_id: str, version: str, entries: Sequence[PassageEntry]) -> None:
        """Adds passages to a version, searched from now on. No entries: nothing happens."""
        ...

    async def add_question(self, chatbot_id: str, version: str, question_id: str, vector: Vector) -> None:
        """Adds a question with a fixed answer: found by `nearest_questions` alone."""
        ...

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """Takes the chatbot's passages of the versions out of the search (and of its word statistics), or back in."""
        ...

    async def remove(self, versions: Collection[str]) -> None:
        """Removes all entries of the versions, known or not."""
        ...

    async def remove_makeshift(self) -> None:
        """Removes all makeshift entries."""
        ...

    async def flush(self) -> None:
        """Returns when everything written so far is on disk. Costly, and nothing when nothing was written."""
        ...

    async def look_ahead(self, chatbot_id: str, words: Sequence[WordVector], depth: int, *, with_rarity: bool) -> None:
        """Tells what words `candidates` (and `rarity`, if `with_rarity`) will be asked for, while vectors are made.

        It changes no answer: an index that can't make use of it does nothing.
        """
        ...

    async def candidates(self, chatbot_id: str, queries: Sequence[Query], depth: int) -> Candidates:
        """For each query the `depth` best passages by words and the `depth` best by vector, all put together.

        Every candidate gets every signal of every query: BM25 (0 without a common word), the cosine with the passage,
        and the best cosine with one of its sentences. `vector` and `sentence` are None for a query without a vector.
        """
        ...

    async def sentences(self, chatbot_id: str, passage_ids: Collection[str]) -> dict[str, Rows]:
        """The sentence vectors of the chatbot's searched passages among these ids that have any.

        They may be halved in precision: a cosine is right to three decimal places.
        """
        ...

    async def rarity(self, chatbot_id: str, words: Sequence[int]) -> list[float]:
        """The inverse document frequency of each word among the passages searched; highest for words in none."""
        ...

    async def nearest_questions(self, chatbot_id: str, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """Ids and cosines of the chatbot's closest questions, the closest first."""
        ...

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """Every version there is, over all chatbots, or those among `among`: for comparing with the store."""
        ...

    async def chatbots(self) -> set[str]:
        """Every chatbot that anything is filed under: for comparing with the store."""
        ...

    async def entries(self, chatbot_id: str) -> dict[str, IndexedEntry]:
        """All that is filed under the chatbot, by id: for comparing with the store."""
        ...

    async def remove_entries(self, chatbot_id: str, ids: Collection[str]) -> None:
        """Removes the chatbot's entries among these ids, of whatever version."""
        ...

    async def close(self) -> None:
        """Writes everything out and lets go of files and connections."""
        ...
