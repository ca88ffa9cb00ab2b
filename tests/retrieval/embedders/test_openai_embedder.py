"""The adapter against a real HTTP server on loopback that is fed its answers."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.embedders.openai import (
    MAX_REQUEST_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_TEXTS,
    PASSAGE_PATIENCE,
    PASSAGE_REQUESTS,
    QUERY_PATIENCE,
    OpenAIEmbedder,
    Patience,
)

NOW = 1_700_000_000.0
Answer = Callable[[web.Request, Any], Any]


def good(request: web.Request, body: Any) -> web.Response:
    """Four numbers per text; the first tells its length, and the items come in the wrong order."""
    items = [{"index": i, "embedding": [len(text), 1, 0, 0]} for i, text in enumerate(body["input"])]
    return web.json_response({"data": items[::-1], "model": body["model"]})


def status(code: int, **headers: str) -> Answer:
    return lambda request, body: web.Response(status=code, headers=headers, text="sk-secret was refused")


def embeddings(*vectors: Any) -> Answer:
    return lambda request, body: web.json_response(
        {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}
    )


def raw(text: str) -> Answer:
    return lambda request, body: web.Response(text=text, content_type="application/json")


class Endpoint:
    """Answers with what `answers` holds, in turn, then well; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.bodies: list[Any] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = self.most_under_way = 0
        self.slept: list[float] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(request.headers)
        self.paths.append(request.path_qs)
        answer = self.answers.pop(0) if self.answers else good
        if body["input"] != ["question"]:
            await self.gate.wait()
        self.under_way -= 1
        response: web.StreamResponse = answer(request, body)
        return response

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v1/embeddings", endpoint.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield endpoint
    await runner.cleanup()


@pytest.fixture
async def embedder(endpoint: Endpoint) -> AsyncIterator[OpenAIEmbedder]:
    embedder = OpenAIEmbedder(endpoint.url, "some-model", "sk-secret", sleep=endpoint.sleep, clock=lambda: NOW)
    yield embedder
    await embedder.close()


async def test_vectors_are_normalised_and_in_the_order_of_the_texts(embedder: OpenAIEmbedder) -> None:
    vectors = await embedder.embed_passages(["aaa", "a"])
    np.testing.assert_allclose(vectors[0], np.array([3, 1, 0, 0]) / math.sqrt(10), rtol=1e-6)
    np.testing.assert_allclose(vectors[1], np.array([1, 1, 0, 0]) / math.sqrt(2), rtol=1e-6)
    assert vectors.dtype == np.float32


async def test_the_request_is_the_one_openai_defines(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    await embedder.embed_query("How?")
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


async def test_the_dimension_is_learnt_when_it_opens(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    with pytest.raises(EmbedderUnavailable):
        _ = embedder.dimension
    await embedder.open()
    await embedder.open()
    assert embedder.dimension == 4
    assert len(endpoint.bodies) == 1
    assert embedder.name == "endpoint/some-model"


async def test_no_texts_make_no_rows(embedder: OpenAIEmbedder) -> None:
    assert (await embedder.embed_passages([])).shape == (0, 4)


async def test_many_texts_are_split_over_requests_and_joined_again(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    texts = ["x" * (i % 50 + 1) for i in range(MAX_TEXTS * 6 + 5)]
    vectors = await embedder.embed_passages(texts)
    np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts], rtol=1e-5)
    assert sorted(len(body["input"]) for body in endpoint.bodies) == [5] + [MAX_TEXTS] * 6
    assert endpoint.most_under_way <= PASSAGE_REQUESTS


async def test_long_texts_are_cut_and_spread_so_that_no_request_is_too_large(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    await embedder.embed_passages(["x" * 1_000_000] * 9)
    sizes = [[len(text) for text in body["input"]] for body in endpoint.bodies]
    assert {length for size in sizes for length in size} == {MAX_TEXT_CHARACTERS}
    assert max(map(sum, sizes)) <= MAX_REQUEST_CHARACTERS


@pytest.mark.parametrize("text", ["", " \n", "\ud800"])
async def test_texts_that_endpoints_refuse_are_not_sent(
    endpoint: Endpoint, embedder: OpenAIEmbedder, text: str
) -> None:
    await embedder.embed_passages([text])
    (sent,) = endpoint.bodies[0]["input"]
    assert sent.strip()
    json.dumps(sent, ensure_ascii=False).encode()


async def test_429_is_tried_again_after_the_time_it_names(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    date = "Tue, 14 Nov 2023 22:13:27 GMT"  # NOW + 7
    endpoint.answers = [status(429, **{"Retry-After": "3"}), status(503, **{"Retry-After": date})]
    assert (await embedder.embed_passages(["a"])).shape == (1, 4)
    assert endpoint.slept == [3, 7]


async def test_failures_without_a_named_time_are_tried_again_with_growing_waits(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    endpoint.answers = [status(500), status(429, **{"Retry-After": "soon"}), status(502)]
    await embedder.embed_passages(["a"])
    assert len(endpoint.slept) == 3
    for wait, bound in zip(endpoint.slept, (0.5, 1, 2), strict=True):
        assert bound / 2 <= wait <= bound


async def test_it_gives_up_in_the_end(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    endpoint.answers = [status(503)] * 20
    with pytest.raises(EmbedderUnavailable, match="503"):
        await embedder.embed_passages(["a"])
    assert len(endpoint.bodies) == PASSAGE_PATIENCE.attempts


async def test_a_question_gives_up_soon_and_says_when_to_come_back(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    endpoint.answers = [status(429, **{"Retry-After": "20"})]
    with pytest.raises(EmbedderUnavailable) as failure:
        await embedder.embed_query("How?")
    assert failure.value.retry_after == 20
    assert not endpoint.slept
    endpoint.answers = [status(503)] * 9
    with pytest.raises(EmbedderUnavailable):
        await embedder.embed_query("How?")
    assert len(endpoint.bodies) == 1 + QUERY_PATIENCE.attempts


@pytest.mark.parametrize("code", [302, 400, 401, 403, 404, 422])
async def test_a_refusal_is_final_and_its_text_is_not_repeated(
    endpoint: Endpoint, embedder: OpenAIEmbedder, code: int
) -> None:
    endpoint.answers = [status(code, Location="/elsewhere")]
    with pytest.raises(EmbedderUnavailable) as failure:
        await embedder.embed_passages(["a"])
    assert str(code) in str(failure.value)
    assert "sk-secret" not in str(failure.value)
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        raw("<html>"),
        raw("null"),
        raw("[]"),
        raw("{}"),
        raw('{"data": 5}'),
        raw('{"data": [{"index": 0}]}'),
        raw('{"data": [{"index": 0, "embedding": [NaN, 1]}]}'),
        raw('{"data": [{"index": 1, "embedding": [1, 1]}]}'),
        embeddings(),
        embeddings([1, 2], [1, 2]),
        embeddings([]),
        embeddings("text"),
        embeddings([[1, 2]]),
        embeddings([0, 0, 0]),
        embeddings([1, None, "x"]),
        embeddings(7),
    ],
)
async def test_a_malformed_reply_is_refused(endpoint: Endpoint, embedder: OpenAIEmbedder, answer: Answer) -> None:
    endpoint.answers = [answer]
    with pytest.raises(EmbedderUnavailable):
        await embedder.embed_query("How?")


async def test_vectors_of_several_lengths_in_one_reply_are_refused(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    endpoint.answers = [embeddings([1, 2], [1, 2, 3])]
    with pytest.raises(EmbedderUnavailable):
        await embedder.embed_passages(["a", "b"])


async def test_a_dimension_that_changes_is_refused(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    await embedder.open()
    endpoint.answers = [embeddings([1, 2, 3])]
    with pytest.raises(EmbedderUnavailable, match="length 3, not 4"):
        await embedder.embed_query("How?")


async def test_a_dimension_recorded_with_an_index_is_held_to(endpoint: Endpoint) -> None:
    embedder = OpenAIEmbedder(endpoint.url, "m", dimension=1536)
    assert embedder.dimension == 1536
    with pytest.raises(EmbedderUnavailable, match="length 4, not 1536"):
        await embedder.embed_query("How?")
    await embedder.close()


async def test_an_endpoint_that_hangs_is_given_up(endpoint: Endpoint) -> None:
    patience = Patience(attempts=2, timeout=0.05, longest_wait=1)
    embedder = OpenAIEmbedder(endpoint.url, "m", query_patience=patience, sleep=endpoint.sleep)
    endpoint.gate.clear()
    with pytest.raises(EmbedderUnavailable, match="TimeoutError"):
        await embedder.embed_query("How?")
    assert len(endpoint.bodies) == 2
    endpoint.gate.set()
    await embedder.close()


async def test_an_endpoint_that_is_down_is_unavailable(unused_tcp_port: int) -> None:
    embedder = OpenAIEmbedder(f"http://127.0.0.1:{unused_tcp_port}", "m", query_patience=Patience(1, 1, 1))
    with pytest.raises(EmbedderUnavailable, match="can't be reached"):
        await embedder.open()
    await embedder.close()


async def test_one_failing_part_fails_the_call_with_the_plain_error(
    endpoint: Endpoint, embedder: OpenAIEmbedder
) -> None:
    endpoint.answers = [good, status(400)]
    with pytest.raises(EmbedderUnavailable, match="400"):
        await embedder.embed_passages(["a"] * (MAX_TEXTS * 3))


async def test_a_question_passes_a_large_ingest(endpoint: Endpoint, embedder: OpenAIEmbedder) -> None:
    endpoint.gate.clear()
    ingest = asyncio.create_task(embedder.embed_passages(["a"] * (MAX_TEXTS * 20)))
    async with asyncio.timeout(5):
        assert (await embedder.embed_query("question")).shape == (4,)
    assert not ingest.done()
    endpoint.gate.set()
    assert len(await ingest) == MAX_TEXTS * 20
