"""Sentence vectors on their way out of the embedded engine.

It gives back vectors as lists of Python numbers: for fifty passages that takes almost as long as looking for them. So
they lie beside the vectors once more, as text, which is read in a third of the time.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection
from typing import Any

import numpy as np
import qdrant_edge as edge

from services.retrieval.embedders.embedder import Matrix
from services.retrieval.index.index import Rows
from services.retrieval.index.point_ids import entry_id, point_id
from services.retrieval.index.schema import PACKED, SCOPE, SEARCHED, SENTENCES, scope

_TYPE = np.dtype("<f2")


def packed(sentences: Matrix) -> str:
    """The vectors as text, halved in precision."""
    return f"{len(sentences)} {b64encode(sentences.astype(_TYPE).tobytes()).decode('ascii')}"


def unpacked(text: str) -> Rows:
    """What became this text, halved in precision."""
    rows, _, numbers = text.partition(" ")
    return np.frombuffer(b64decode(numbers), _TYPE).reshape(int(rows), -1)


def sentences_of(shard: edge.EdgeShard, chatbot_id: str, passage_ids: Collection[str]) -> dict[str, Rows]:
    """See Index."""
    mine = scope(chatbot_id, SEARCHED)
    found: dict[str, Rows] = {}
    unpacked_only: list[Any] = []
    # By their names: a filter by name is ten times as slow. So whose they are is looked at here.
    for record in shard.retrieve([point_id(one) for one in passage_ids], [SCOPE, PACKED], False):
        payload = record.payload or {}
        if payload.get(SCOPE) != mine:
            continue
        if PACKED in payload:
            found[entry_id(record.id)] = unpacked(payload[PACKED])
        else:
            unpacked_only.append(record.id)
    return found | _from_vectors(shard, unpacked_only)


def _from_vectors(shard: edge.EdgeShard, points: list[Any]) -> dict[str, Rows]:
    """Those of passages that were indexed before there was the text, or have no vectors."""
    return {
        entry_id(record.id): np.array(record.vector[SENTENCES], np.float32)
        for record in (shard.retrieve(points, False, [SENTENCES]) if points else ())
        if isinstance(record.vector, dict) and SENTENCES in record.vector
    }
