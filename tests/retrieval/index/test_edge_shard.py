"""An index that is opened again: what it holds, and with how many threads it is searched."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from services.ids import new_id
from services.retrieval.index.edge import shard
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.index import PassageEntry
from services.retrieval.index.schema import Fingerprint
from tests.retrieval.index.index_contract import EMBEDDER, ENCODER


def made_with(folder: Path) -> dict[str, Any]:
    """What the engine has written down of an index."""
    found: dict[str, Any] = json.loads((folder / shard.SHARD_FOLDER / "edge_config.json").read_text())
    return found


@pytest.mark.parametrize("embedder", [EMBEDDER, None], ids=["with vectors", "words alone"])
async def test_an_index_of_before_is_opened_as_it_is_with_fewer_threads(
    tmp_path: Path,
    embedder: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    text, fingerprint = "Parking is free.", Fingerprint.of(embedder)
    vector = None if embedder is None else await embedder.embed_query(text)
    with monkeypatch.context() as before:
        before.setattr(shard, "SEARCH_THREADS", 8)
        index = await EdgeIndex.open(tmp_path, fingerprint)
        await index.add_passages("bot_a", "v1", [PassageEntry(new_id("psg"), ENCODER.document(text), vector, None)])
        held = await index.entries("bot_a")
        await index.close()
    made = made_with(tmp_path)
    with caplog.at_level(logging.ERROR):
        index = await EdgeIndex.open(tmp_path, fingerprint)
    assert caplog.records == [], "the index was built again"
    assert await index.entries("bot_a") == held
    assert len(held) == 1
    await index.close()
    opened = made_with(tmp_path)
    assert (made["max_search_threads"], opened["max_search_threads"]) == (8, 1)
    for kept in ("vectors", "sparse_vectors", "wal_enabled"):
        assert opened.get(kept) == made.get(kept)
