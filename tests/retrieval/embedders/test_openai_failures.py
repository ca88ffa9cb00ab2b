"""The adapter against an HTTP server that refuses, stalls or answers nonsense."""

import numpy as np
import pytest
from aiohttp import web

from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.embedders.openai import OpenAIEmbedder
from services.retrieval.embedders.patience import MAX_TEXTS, PASSAGE_PATIENCE, Patience
from tests.each import for_each
from tests.retrieval.embedders.openai_endpoint import Answer, Endpoint, at_most, embeddings, good, raw, status


async def test_429_is_tried_again_after_the_time_it_names(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    date = "Tue, 14 Nov 2023 22:13:27 GMT"  # NOW + 7
    endpoint.answers = [status(429, **{"Retry-After": "3"}), status(503, **{"Retry-After": date})]
    assert (await openai.embed_passages(["a"])).shape == (1, 4)
    assert endpoint.slept == [3, 7]


async def test_failures_without_a_named_time_are_tried_again_with_growing_waits(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.answers = [status(500), status(429, **{"Retry-After": "soon"}), status(502)]
    await openai.embed_passages(["a"])
    assert len(endpoint.slept) == 3
    for wait, bound in zip(endpoint.slept, (0.5, 1, 2), strict=True):
        assert bound / 2 <= wait <= bound


async def test_it_gives_up_in_the_end(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.answers = [status(503)] * 20
    with pytest.raises(EmbedderUnavailable, match="503"):
        await openai.embed_passages(["a"])
    assert len(endpoint.bodies) == PASSAGE_PATIENCE.attempts


@pytest.mark.parametrize("code", [200, 201, 202, 203, 206])
async def test_a_good_reply_is_taken_under_any_status_of_success(
    endpoint: Endpoint, openai: OpenAIEmbedder, code: int
) -> None:
    vector = {"data": [{"index": 0, "embedding": [1, 0, 0, 0]}]}
    endpoint.answers = [lambda request, body: web.json_response(vector, status=code)]
    assert (await openai.embed_passages(["a"])).tolist() == [[1, 0, 0, 0]]


@pytest.mark.parametrize("code", [408, 409, 425, 429, 500, 502, 503, 504, 520, 529, 530])
async def test_what_may_pass_is_tried_again(endpoint: Endpoint, openai: OpenAIEmbedder, code: int) -> None:
    endpoint.answers = [status(code)]
    assert (await openai.embed_passages(["a"])).shape == (1, 4)
    assert len(endpoint.bodies) == 2


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (302, "The embeddings endpoint answered 302 (Found). Check CHATMOUNT_EMBEDDINGS_URL"),
        (400, "The embeddings endpoint answered 400 (Bad Request). Check that CHATMOUNT_EMBEDDINGS_MODEL"),
        (401, "The embeddings endpoint answered 401 (Unauthorized). Check CHATMOUNT_EMBEDDINGS_API_KEY."),
        (402, "The embeddings endpoint answered 402 (Payment Required). Check the balance"),
        (403, "The embeddings endpoint answered 403 (Forbidden). Check CHATMOUNT_EMBEDDINGS_API_KEY."),
        (404, "The embeddings endpoint answered 404 (Not Found). Check CHATMOUNT_EMBEDDINGS_URL"),
        (422, "The embeddings endpoint answered 422 (Unprocessable"),
        (499, "The embeddings endpoint answered 499. Check CHATMOUNT_EMBEDDINGS_URL"),
        (501, "The embeddings endpoint answered 501 (Not Implemented). Check CHATMOUNT_EMBEDDINGS_URL"),
    ],
)
async def test_a_refusal_is_final_and_its_text_is_not_repeated(
    endpoint: Endpoint, openai: OpenAIEmbedder, code: int, advice: str
) -> None:
    endpoint.answers = [status(code, Location="/elsewhere")]
    with pytest.raises(EmbedderRefused) as failure:
        await openai.embed_passages(["a"])
    assert failure.value.advice.startswith(advice)
    assert "127.0.0.1" not in failure.value.advice
    assert "sk-secret" not in str(failure.value)
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize("code", [400, 413, 422])
@pytest.mark.parametrize("most", [1, 10, 31])
async def test_a_batch_that_is_too_large_is_halved_and_the_size_remembered(
    endpoint: Endpoint, openai: OpenAIEmbedder, code: int, most: int
) -> None:
    endpoint.usual = at_most(most, code)
    texts = ["x" * (number + 1) for number in range(2 * MAX_TEXTS)]
    vectors = await openai.embed_passages(texts)
    np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts], rtol=1e-5)
    endpoint.bodies.clear()
    await openai.embed_passages(texts)
    assert most / 2 < max(len(body["input"]) for body in endpoint.bodies) <= most


async def test_a_text_that_is_refused_says_nothing_of_the_size_of_batches(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.usual = lambda request, body: status(400)(request, body) if "bad" in body["input"] else good(request, body)
    with pytest.raises(EmbedderRefused, match="400"):
        await openai.embed_passages(["good"] * (MAX_TEXTS - 1) + ["bad"])
    endpoint.bodies.clear()
    await openai.embed_passages(["good"] * MAX_TEXTS)
    assert len(endpoint.bodies) == 1


async def test_a_wrong_key_is_not_tried_with_fewer_texts(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.usual = status(401)
    with pytest.raises(EmbedderRefused):
        await openai.embed_passages(["a"] * MAX_TEXTS)
    assert len(endpoint.bodies) == 1


@for_each(
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
async def test_a_malformed_reply_is_refused(endpoint: Endpoint, openai: OpenAIEmbedder, answer: Answer) -> None:
    endpoint.answers = [answer]
    with pytest.raises(EmbedderRefused, match="The embeddings endpoint's reply can't be used: it"):
        await openai.embed_passages(["How?"])


async def test_vectors_of_several_lengths_in_one_reply_are_refused(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.answers = [embeddings([1, 2], [1, 2, 3])]
    with pytest.raises(EmbedderUnavailable):
        await openai.embed_passages(["a", "b"])


async def test_a_dimension_that_changes_is_refused(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    await openai.open()
    endpoint.answers = [embeddings([1, 2, 3])]
    with pytest.raises(EmbedderUnavailable, match="length 3, not 4"):
        await openai.embed_query("How?")


async def test_a_dimension_recorded_with_an_index_is_held_to(endpoint: Endpoint) -> None:
    embedder = OpenAIEmbedder(endpoint.url, "m", dimension=1536)
    assert embedder.dimension == 1536
    with pytest.raises(EmbedderUnavailable, match="length 4, not 1536"):
        await embedder.embed_query("How?")
    await embedder.close()


async def test_an_endpoint_that_is_down_is_unavailable(unused_tcp_port: int) -> None:
    embedder = OpenAIEmbedder(f"http://127.0.0.1:{unused_tcp_port}", "m", opening_patience=Patience(1, 1, 1))
    with pytest.raises(EmbedderUnavailable, match="can't be reached"):
        await embedder.open()
    await embedder.close()


async def test_one_failing_part_fails_the_call_with_the_plain_error(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.answers = [good, status(401)]
    with pytest.raises(EmbedderUnavailable, match="401"):
        await openai.embed_passages(["a"] * (MAX_TEXTS * 3))
