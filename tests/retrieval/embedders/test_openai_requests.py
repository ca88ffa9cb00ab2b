"""The adapter's requests to an HTTP server, and the vectors it makes of the replies."""

import asyncio
import json
import math

import numpy as np
import pytest

from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.embedders.openai import (
    MAX_REQUEST_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    PASSAGE_REQUESTS,
    OpenAIEmbedder,
)
from services.retrieval.embedders.patience import MAX_TEXTS
from services.retrieval.embedders.scale import QUESTIONS, SENTENCES
from tests.retrieval.embedders.openai_endpoint import Endpoint
from tests.waiting import PATIENCE


async def test_vectors_are_normalised_and_in_the_order_of_the_texts(openai: OpenAIEmbedder) -> None:
    vectors = await openai.embed_passages(["aaa", "a"])
    np.testing.assert_allclose(vectors[0], np.array([3, 1, 0, 0]) / math.sqrt(10), rtol=1e-6)
    np.testing.assert_allclose(vectors[1], np.array([1, 1, 0, 0]) / math.sqrt(2), rtol=1e-6)
    assert vectors.dtype == np.float32


async def test_the_request_is_the_one_openai_defines(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    await openai.embed_query("How?")
    assert endpoint.bodies == [{"model": "some-model", "input": ["How?"]}]
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-secret"


async def test_without_a_key_there_is_no_authorization(endpoint: Endpoint) -> None:
    embedder = OpenAIEmbedder(f"{endpoint.url}/", "m")
    await embedder.embed_query("How?")
    await embedder.close()
    assert "Authorization" not in endpoint.headers[0]


@pytest.mark.parametrize(
    ("suffix", "path"), [("/embeddings", "/v1/embeddings"), ("?api-version=2", "/v1/embeddings?api-version=2")]
)
async def test_the_url_may_be_whole_or_carry_a_query(endpoint: Endpoint, suffix: str, path: str) -> None:
    embedder = OpenAIEmbedder(endpoint.url + suffix, "m")
    await embedder.embed_query("How?")
    await embedder.close()
    assert endpoint.paths == [path]


async def test_the_dimension_is_learnt_when_it_opens(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    with pytest.raises(EmbedderUnavailable):
        _ = openai.dimension
    await openai.open()
    await openai.open()
    assert openai.dimension == 4
    assert [len(body["input"]) for body in endpoint.bodies] == [1, len(QUESTIONS) + len(SENTENCES)]
    assert openai.name == "endpoint/some-model"


async def test_many_texts_are_split_over_requests_and_joined_again(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    texts = ["x" * (i % 50 + 1) for i in range(MAX_TEXTS * 6 + 5)]
    vectors = await openai.embed_passages(texts)
    np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts], rtol=1e-5)
    assert sorted(len(body["input"]) for body in endpoint.bodies) == [5] + [MAX_TEXTS] * 6
    assert endpoint.most_under_way <= PASSAGE_REQUESTS


async def test_long_texts_are_cut_and_spread_so_that_no_request_is_too_large(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    await openai.embed_passages(["x" * 1_000_000] * 9)
    sizes = [[len(text) for text in body["input"]] for body in endpoint.bodies]
    assert {length for size in sizes for length in size} == {MAX_TEXT_CHARACTERS}
    assert max(map(sum, sizes)) <= MAX_REQUEST_CHARACTERS


@pytest.mark.parametrize("text", ["", " \n", "\ud800"])
async def test_texts_that_endpoints_refuse_are_not_sent(endpoint: Endpoint, openai: OpenAIEmbedder, text: str) -> None:
    await openai.embed_passages([text])
    (sent,) = endpoint.bodies[0]["input"]
    assert sent.strip()
    json.dumps(sent, ensure_ascii=False).encode()


async def test_a_question_passes_a_large_ingest(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.gate.clear()
    ingest = asyncio.create_task(openai.embed_passages(["a"] * (MAX_TEXTS * 20)))
    async with asyncio.timeout(PATIENCE):
        assert (await openai.embed_query("question")).shape == (4,)
    assert not ingest.done()
    endpoint.gate.set()
    assert len(await ingest) == MAX_TEXTS * 20
