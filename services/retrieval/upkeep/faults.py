"""Differences between a chatbot's part of the index and the store."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.retrieval.index.index import IndexedEntry
from services.retrieval.index.schema import DISABLED, QUESTION, SEARCHED


class FaultKind(StrEnum):
    """Ways in which an entry is wrong. See IndexFault in the proto."""

    MISSING = "missing"
    ORPHAN = "orphan"
    FOREIGN = "foreign"
    DISABLED = "disabled"
    HIDDEN = "hidden"
    VECTORLESS = "vectorless"


UNWANTED = (FaultKind.ORPHAN, FaultKind.FOREIGN)
"""Faults of entries that do not belong to the chatbot."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A passage or a question that the index should have.

    `source_id` is the question's own id for a question.
    """

    version: str
    source_id: str
    enabled: bool
    is_question: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that is wrong. `source_id` is empty where the store does not know it."""

    entry_id: str
    version: str
    source_id: str
    kind: FaultKind


def find_faults(
    stored: Mapping[str, StoredEntry],
    indexed: Mapping[str, IndexedEntry],
    others: Collection[str],
    *,
    has_vectors: bool,
    has_passage_vectors: bool,
) -> list[Fault]:
    """All faults. `others`: versions of other chatbots.

    `has_vectors`: whether questions should have vectors.
    """
    faults = []
    for one, entry in indexed.items():
        known = stored.get(one)
        if known is None or known.version != entry.version:
            kind = FaultKind.FOREIGN if entry.version in others else FaultKind.ORPHAN
            faults.append(Fault(one, entry.version, "", kind))
    for one, wanted in stored.items():
        should_have_vector = has_vectors if wanted.is_question else has_passage_vectors
        fault = _fault(wanted, indexed.get(one), has_vector=should_have_vector)
        if fault is not None:
            faults.append(Fault(one, wanted.version, wanted.source_id, fault))
    return faults


def _fault(wanted: StoredEntry, entry: IndexedEntry | None, *, has_vector: bool) -> FaultKind | None:
    if entry is None or entry.version != wanted.version:
        # Questions are found by their vectors alone.
        return FaultKind.MISSING if has_vector or not wanted.is_question else None
    state = QUESTION if wanted.is_question else SEARCHED if wanted.enabled else DISABLED
    if entry.state != state:
        return FaultKind.DISABLED if state == DISABLED else FaultKind.HIDDEN
    return FaultKind.VECTORLESS if has_vector and not entry.has_vector else None
