import logging
from pathlib import Path

import pytest

from services.retrieval.embedders.choose import build_embedder
from services.retrieval.embedders.embedder import Embedder, ModelRefused
from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.openai import OpenAIEmbedder


async def test_an_endpoint_is_used_where_one_is_configured(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    embedder: Embedder | None = build_embedder("http://u:pw@localhost:1/v1?key=k1", "m", "k2", default_model_dir())
    assert isinstance(embedder, OpenAIEmbedder)
    assert "http://localhost:1" in caplog.text
    assert not any(secret in caplog.text for secret in ("pw", "k1", "k2"))
    await embedder.close()


async def test_else_the_prepared_model_is_used() -> None:
    embedder = build_embedder("", "", "", default_model_dir())
    assert isinstance(embedder, MiniLMEmbedder)
    await embedder.close()


def test_else_there_is_none_and_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert build_embedder("", "", "", tmp_path) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "BM25" in caplog.text


def test_a_damaged_model_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ModelRefused):
        build_embedder("", "", "", tmp_path)
