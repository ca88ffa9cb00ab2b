"""Entries as points of the embedded engine."""

from collections.abc import Mapping
from typing import Any

import qdrant_edge as edge

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.edge.sentences import packed
from services.retrieval.index.index import PassageEntry
from services.retrieval.index.point_ids import point_id
from services.retrieval.index.points import payload_of, question_vectors, sentences_of, vectors_of
from services.retrieval.index.schema import PACKED, QUESTION, SEARCHED, in_space


def passage_point(chatbot_id: str, version: str, entry: PassageEntry) -> edge.Point:
    """A passage, searched from now on."""
    payload: dict[str, Any] = payload_of(chatbot_id, version, SEARCHED, is_makeshift=entry.is_makeshift)
    for space, rows in sentences_of(entry).items():
        payload[in_space(PACKED, space)] = packed(rows)
    return edge.Point(point_id(entry.id), vectors_of(entry, edge.SparseVector), payload)


def question_point(chatbot_id: str, version: str, question_id: str, vectors: Mapping[str, Vector]) -> edge.Point:
    """A question with a fixed answer."""
    return edge.Point(point_id(question_id), question_vectors(vectors), payload_of(chatbot_id, version, QUESTION))
