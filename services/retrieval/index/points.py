"""Points of an engine, as they are written and read: the same for both engines.

The types of both engines have the same attributes, and no common base.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from services.retrieval.embedders.embedder import Matrix, Vector
from services.retrieval.index.index import IndexedEntry, PassageEntry, VersionState
from services.retrieval.index.point_ids import entry_id
from services.retrieval.index.schema import (
    LEXICAL,
    MAIN_SPACE,
    MAKESHIFT,
    SCOPE,
    SENTENCES,
    STATE,
    VECTOR,
    VERSION,
    in_space,
    scope,
)

PAGE = 1000
"""Entries read at a time."""


def payload_of(chatbot_id: str, version: str, state: str, *, is_makeshift: bool = False) -> dict[str, Any]:
    """The payload of an entry."""
    payload: dict[str, Any] = {SCOPE: scope(chatbot_id, state), STATE: state, VERSION: version}
    return payload | ({MAKESHIFT: MAKESHIFT} if is_makeshift else {})


def vectors_of(entry: PassageEntry, sparse: Callable[[list[int], list[float]], Any]) -> dict[str, Any]:
    """The vectors of a passage by name. `sparse` makes the engine's sparse vector."""
    vectors = {LEXICAL: sparse(list(entry.words.words), list(entry.words.weights))}
    if entry.vector is not None:
        vectors[VECTOR] = entry.vector.tolist()
    for space, rows in sentences_of(entry).items():
        vectors[in_space(SENTENCES, space)] = rows.tolist()
    for space, further in entry.further.items():
        vectors[in_space(VECTOR, space)] = further.whole.tolist()
    return vectors


def sentences_of(entry: PassageEntry) -> dict[str, Matrix]:
    """The sentence vectors of a passage by their spaces; those that there are."""
    rows = {space: vectors.sentences for space, vectors in entry.further.items()}
    if entry.sentences is not None:
        rows[MAIN_SPACE] = entry.sentences
    return {space: of_one for space, of_one in rows.items() if len(of_one)}


def question_vectors(vectors: Mapping[str, Vector]) -> dict[str, Any]:
    """The vectors of a question by their names."""
    return {in_space(VECTOR, space): vector.tolist() for space, vector in vectors.items()}


def rarity_of(word: int, points: Sequence[Any], absent: float) -> float:
    """The rarity of a word by the best passage for it; `absent` where no passage has it.

    The score of that passage is the rarity times the word's weight there.
    """
    if not points:
        return absent
    weights = points[0].vector[LEXICAL]
    return float(points[0].score / dict(zip(weights.indices, weights.values, strict=True))[word])


def closest_first(points: Iterable[Any]) -> list[tuple[str, float]]:
    """Entry ids and scores, the highest first; equal ones in the order of their ids."""
    return sorted(((entry_id(point.id), point.score) for point in points), key=lambda pair: (-pair[1], pair[0]))


def entries_of(records: Iterable[Any], without_vector: Iterable[Any]) -> dict[str, IndexedEntry]:
    """Records as entries by id. `without_vector`: those of the records that have no vector."""
    bare = {entry_id(record.id) for record in without_vector}
    found = {}
    for record in records:
        payload, one = record.payload or {}, entry_id(record.id)
        found[one] = IndexedEntry(str(payload.get(VERSION)), str(payload.get(STATE)), one not in bare)
    return found


def counts(hits: Iterable[Any]) -> dict[str, int]:
    """The values of a facet and how many points have each.

    Engines also name values that no point has any more.
    """
    return {str(hit.value): hit.count for hit in hits if hit.count}


def states(held: Mapping[str, int], disabled: Mapping[str, int]) -> dict[str, VersionState]:
    """The state of each version, from its number of entries and of disabled ones."""
    return {version: VersionState(count, version not in disabled) for version, count in held.items()}


def chatbots_in(scopes: Iterable[str]) -> set[str]:
    """The chatbots of scopes that entries are filed under."""
    return {one.rpartition("/")[0] for one in scopes}
