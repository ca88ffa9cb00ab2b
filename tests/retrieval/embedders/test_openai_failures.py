"""The adapter against a real HTTP server on loopback that refuses, stalls or answers nonsense."""

import pytest

from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.embedders.openai import (
    MAX_TEXTS,
    PASSAGE_PATIENCE,
    QUERY_PATIENCE,
    OpenAIEmbedder,
    Patience,
)
from tests.retrieval.embedders.openai_endpoint import Answer, Endpoint, embeddings, good, raw, status


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


async def test_a_question_gives_up_soon_and_says_when_to_come_back(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.answers = [status(429, **{"Retry-After": "20"})]
    with pytest.raises(EmbedderUnavailable) as failure:
        await openai.embed_query("How?")
    assert failure.value.retry_after == 20
    assert not endpoint.slept
    endpoint.answers = [status(503)] * 9
    with pytest.raises(EmbedderUnavailable):
        await openai.embed_query("How?")
    assert len(endpoint.bodies) == 1 + QUERY_PATIENCE.attempts


@pytest.mark.parametrize("code", [302, 400, 401, 403, 404, 422])
async def test_a_refusal_is_final_and_its_text_is_not_repeated(
    endpoint: Endpoint, openai: OpenAIEmbedder, code: int
) -> None:
    endpoint.answers = [status(code, Location="/elsewhere")]
    with pytest.raises(EmbedderUnavailable) as failure:
        await openai.embed_passages(["a"])
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
async def test_a_malformed_reply_is_refused(endpoint: Endpoint, openai: OpenAIEmbedder, answer: Answer) -> None:
    endpoint.answers = [answer]
    with pytest.raises(EmbedderUnavailable):
        await openai.embed_query("How?")


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


async def test_one_failing_part_fails_the_call_with_the_plain_error(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.answers = [good, status(400)]
    with pytest.raises(EmbedderUnavailable, match="400"):
        await openai.embed_passages(["a"] * (MAX_TEXTS * 3))
