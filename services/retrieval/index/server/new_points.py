"""Entries as points of a Qdrant server."""

from collections.abc import Mapping

from qdrant_client import models

from services.retrieval.embedders.embedder import Vector
from services.retrieval.index.index import PassageEntry
from services.retrieval.index.point_ids import point_id
from services.retrieval.index.points import payload_of, question_vectors, vectors_of
from services.retrieval.index.schema import QUESTION, SEARCHED
from services.retrieval.index.server.requests import sparse


def passage_point(chatbot_id: str, version: str, entry: PassageEntry) -> models.PointStruct:
    """A passage, searched from now on."""
    payload = payload_of(chatbot_id, version, SEARCHED, is_makeshift=entry.is_makeshift)
    return models.PointStruct(id=str(point_id(entry.id)), vector=vectors_of(entry, sparse), payload=payload)


def question_point(
    chatbot_id: str, version: str, question_id: str, vectors: Mapping[str, Vector]
) -> models.PointStruct:
    """A question with a fixed answer."""
    payload = payload_of(chatbot_id, version, QUESTION)
    return models.PointStruct(id=str(point_id(question_id)), vector=question_vectors(vectors), payload=payload)
