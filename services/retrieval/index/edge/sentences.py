"""Sentence vectors on their way out of the embedded engine.

It gives back vectors as lists of Python numbers: for fifty passages that takes almost as long as looking for them. So
they lie beside the vectors once more, as text, which is read in a third of the time.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection

import numpy as np
import qdrant_edge as edge

from services.retrieval.embedders.embedder import Matrix
from services.retrieval.index.index import Rows
from services.retrieval.index.point_ids import entry_id, point_id
from services.retrieval.index.schema import PACKED, SCOPE, SEARCHED, in_space, scope

_TYPE = np.dtype("<f2")


def packed(sentences: Matrix) -> str:
    """The vectors as text, halved in precision."""
    return f"{len(sentences)} {b64encode(sentences.astype(_TYPE).tobytes()).decode('ascii')}"


def unpacked(text: str) -> Rows:
    """The vectors that became this text, halved in precision."""
    rows, _, numbers = text.partition(" ")
    return np.frombuffer(b64decode(numbers), _TYPE).reshape(int(rows), -1)


def sentences_of(shard: edge.EdgeShard, chatbot_id: str, passage_ids: Collection[str], space: str) -> dict[str, Rows]:
    """See Index."""
    searched, field = scope(chatbot_id, SEARCHED), in_space(PACKED, space)
    # By their names: a filter by name is ten times as slow. So whose they are is looked at here.
    payloads = {
        record.id: record.payload or {}
        for record in shard.retrieve([point_id(one) for one in passage_ids], [SCOPE, field], False)
    }
    return {
        entry_id(point): unpacked(payload[field])
        for point, payload in payloads.items()
        if payload.get(SCOPE) == searched and field in payload
    }
