"""Opens the folder of the embedded engine: alone, with the right contents, or new."""

import fcntl
import json
import logging
import shutil
from pathlib import Path
from typing import IO

import qdrant_edge as edge

from services.retrieval.index.edge.read_ahead import begin_read_ahead
from services.retrieval.index.schema import KEYWORDS, LEXICAL, SCOPE, SENTENCES, VECTOR, Fingerprint, in_space

logger = logging.getLogger(__name__)

FINGERPRINT_FILE = "fingerprint.json"
SHARD_FOLDER = "shard"
CONFIG_FILE = "edge_config.json"
"""Of the engine, inside of it."""

LOCK_FILE = "lock"

SEARCH_THREADS = 1
"""Of the engine. Idle ones spin, and an index has one segment, which is searched by one of them."""


class IndexInUse(Exception):
    """Another process has the index open. The text is one line for the operator."""


def lock(folder: Path) -> IO[str]:
    """Take the index for this process, until the file is closed or the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = (folder / LOCK_FILE).open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise IndexInUse(
            f"The index in {folder} is open in another process; only one can use it. "
            "Stop the other one, or choose another CHATMOUNT_HOME."
        ) from error
    return handle


def recorded_fingerprint(folder: Path) -> Fingerprint | None:
    """That of the index in `folder`; None where there is no whole one."""
    recorded = folder / FINGERPRINT_FILE
    return Fingerprint.from_json(recorded.read_text("utf-8")) if recorded.is_file() else None


def open_shard(folder: Path, fingerprint: Fingerprint) -> edge.EdgeShard:
    """The shard in `folder` if it has this fingerprint, else a new and empty one in its place.

    An index is made of the relational store's contents and can be made of them again, so one that no longer fits, or is
    broken, is thrown away.
    """
    recorded, path = folder / FINGERPRINT_FILE, folder / SHARD_FOLDER
    if recorded_fingerprint(folder) == fingerprint:
        try:
            return load_shard(folder)
        except Exception as error:  # the engine raises plain Exception
            logger.error("The index in %s can't be opened and is rebuilt: %s", folder, error)
    recorded.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    shard = edge.EdgeShard.create(str(path), _config(fingerprint))
    for field in KEYWORDS:
        schema = edge.KeywordIndexParams(is_tenant=field == SCOPE)
        shard.update(edge.UpdateOperation.create_field_index(field, schema))
    shard.flush()
    draft = recorded.with_suffix(".draft")
    draft.write_text(fingerprint.as_json(), "utf-8")
    draft.replace(recorded)
    return shard


def load_shard(folder: Path) -> edge.EdgeShard:
    """The shard in `folder`, whatever its fingerprint.

    The engine raises plain Exception for a broken one.
    """
    path = folder / SHARD_FOLDER
    # All that is not named stays as it was made. It must name some vectors, and every index has these.
    shard = edge.EdgeShard.load(str(path), edge.EdgeConfig(sparse_vectors=_words(), max_search_threads=SEARCH_THREADS))
    begin_read_ahead(path)
    return shard


def spaces_of(folder: Path) -> set[str]:
    """The spaces of vectors that the shard in `folder` has room for."""
    recorded = folder / SHARD_FOLDER / CONFIG_FILE
    named = json.loads(recorded.read_text("utf-8")).get("vectors", {}) if recorded.is_file() else {}
    return {name.removeprefix(SENTENCES).removeprefix("_") for name in named if name.startswith(SENTENCES)}


def new_vectors(space: str, dimension: int) -> list[edge.UpdateOperation]:
    """What makes room for the vectors of a space; where there is room, nothing happens."""
    rows = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    kinds = ((VECTOR, None, edge.VectorStorageDatatype.Turbo16), (SENTENCES, rows, edge.VectorStorageDatatype.Float16))
    create = edge.UpdateOperation.create_dense_vector
    # In this order: the second name tells that both are there.
    return [create(in_space(name, space), dimension, edge.Distance.Cosine, many, kind) for name, many, kind in kinds]


def _config(fingerprint: Fingerprint) -> edge.EdgeConfig:
    if fingerprint.dimension is None:
        return edge.EdgeConfig(sparse_vectors=_words(), wal_enabled=True, max_search_threads=SEARCH_THREADS)
    size, cosine = fingerprint.dimension, edge.Distance.Cosine
    # Kept in any other way, files are in memory twice, with the part of each that is still empty. A search reads every
    # vector of a chatbot: in this form it takes 0.56 of the time, and a cosine changes in the fifth decimal place.
    vector = edge.EdgeVectorParams(size, cosine, datatype=edge.VectorStorageDatatype.Turbo16, memory=edge.Memory.Cold)
    # Half the precision changes a cosine in the fourth decimal place. Most of an index are sentences.
    sentences = edge.EdgeVectorParams(
        size,
        cosine,
        multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim),
        datatype=edge.VectorStorageDatatype.Float16,
        memory=edge.Memory.Cold,
    )
    return edge.EdgeConfig(
        vectors={VECTOR: vector, SENTENCES: sentences},
        sparse_vectors=_words(),
        wal_enabled=True,
        max_search_threads=SEARCH_THREADS,
    )


def _words() -> dict[str, edge.EdgeSparseVectorParams]:
    return {LEXICAL: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)}
