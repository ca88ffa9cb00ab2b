"""A tiny BERT, the model that `make setup` prepared, and an embeddings endpoint."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.openai import OpenAIEmbedder
from tests.retrieval.embedders.openai_endpoint import NOW, Endpoint, served
from tests.retrieval.embedders.small_wheel import WORDS, SmallWheel

HIDDEN, INNER, LAYERS, POSITIONS = 48, 96, 2, 300


@pytest.fixture
def small_tensors() -> dict[str, NDArray[Any]]:
    """Random tensors of a trained model's magnitudes, named as in a checkpoint."""
    random = np.random.default_rng(7)

    def matrix(*shape: int) -> NDArray[Any]:
        return random.normal(0.0, 0.3, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": matrix(len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": matrix(POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": matrix(2, HIDDEN),
    }

    def add_norm(name: str) -> None:
        tensors[f"{name}.weight"] = 1 + matrix(HIDDEN)
        tensors[f"{name}.bias"] = matrix(HIDDEN)

    def add_dense(name: str, inputs: int, outputs: int) -> None:
        tensors[f"{name}.weight"] = matrix(outputs, inputs)
        tensors[f"{name}.bias"] = matrix(outputs)

    add_norm("embeddings.LayerNorm")
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for part in ("query", "key", "value"):
            add_dense(f"{layer}.attention.self.{part}", HIDDEN, HIDDEN)
        add_dense(f"{layer}.attention.output.dense", HIDDEN, HIDDEN)
        add_norm(f"{layer}.attention.output.LayerNorm")
        add_dense(f"{layer}.intermediate.dense", HIDDEN, INNER)
        add_dense(f"{layer}.output.dense", INNER, HIDDEN)
        add_norm(f"{layer}.output.LayerNorm")
    return tensors


@pytest.fixture
def small_wheel(tmp_path: Path, small_tensors: dict[str, NDArray[Any]]) -> SmallWheel:
    directory = tmp_path / "wheels"
    directory.mkdir()
    return SmallWheel(directory, small_tensors)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def embedder() -> AsyncIterator[MiniLMEmbedder]:
    """The real one, from where `make setup` puts it."""
    embedder = MiniLMEmbedder.load(default_model_dir(), threads=2)
    await embedder.open()
    yield embedder
    await embedder.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    async with served(endpoint.handle) as endpoint.url:
        yield endpoint


@pytest.fixture
async def openai(endpoint: Endpoint) -> AsyncIterator[OpenAIEmbedder]:
    """The adapter at the endpoint; it sleeps on the endpoint's record, at the time NOW."""
    embedder = OpenAIEmbedder(
        endpoint.url, "some-model", "sk-secret", sleep=endpoint.sleep, pause=endpoint.pause, clock=lambda: NOW
    )
    yield embedder
    await embedder.close()
