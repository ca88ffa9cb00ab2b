"""An endpoint that fails at a question is passed over until a probe finds it well again."""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from services.retrieval.embedders.breaker import LONGEST_PAUSE
from services.retrieval.embedders.embedder import EmbedderPassedOver, EmbedderRefused, EmbedderUnavailable
from services.retrieval.embedders.openai import OpenAIEmbedder
from services.retrieval.embedders.patience import Patience
from tests.metered import since_now
from tests.retrieval.embedders.openai_endpoint import Answer, Endpoint, good, raw, status
from tests.waiting import until

QUICK = Patience(attempts=1, timeout=0.1, longest_wait=0.0)
PATIENT = Patience(attempts=1, timeout=30.0, longest_wait=0.0)


@pytest.fixture
def away() -> Callable[[], float]:
    """How many embedders went away in the test, and are not back."""
    return since_now("chatmount_embedder_away")


async def until_back(openai: OpenAIEmbedder) -> None:
    async def is_back() -> bool:
        with contextlib.suppress(EmbedderPassedOver):
            await openai.embed_query("How?")
            return True
        return False

    await until(is_back)


async def until_paused(endpoint: Endpoint, times: int) -> None:
    await until(lambda: len(endpoint.paused) >= times)


async def passed_over(openai: OpenAIEmbedder, endpoint: Endpoint) -> None:
    asked = len(endpoint.bodies)
    for _ in range(20):
        with pytest.raises(EmbedderPassedOver):
            await openai.embed_query("How?")
    assert len(endpoint.bodies) == asked


@pytest.mark.parametrize("answer", [status(503), status(429), status(401), status(404), raw("<html>")])
async def test_one_failure_is_enough_and_a_probe_ends_it(
    endpoint: Endpoint,
    openai: OpenAIEmbedder,
    answer: Answer,
    away: Callable[[], float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    endpoint.usual = answer
    with pytest.raises(EmbedderUnavailable):
        await openai.embed_query("How?")
    assert len(endpoint.bodies) == 1, "a question is tried once"
    assert away() == 1
    await passed_over(openai, endpoint)
    endpoint.probes.release()
    await until_paused(endpoint, 2)
    await passed_over(openai, endpoint)
    endpoint.usual = good
    endpoint.probes.release()
    await until_back(openai)
    assert away() == 0
    told = [record.message for record in caplog.records if "searching by" in record.message.lower()]
    assert len(told) == 2, "told when it goes and when it is back, not with every question"


async def test_a_silent_endpoint_costs_one_question_its_time_and_no_other(endpoint: Endpoint) -> None:
    embedder = OpenAIEmbedder(endpoint.url, "m", query_patience=QUICK, pause=endpoint.pause)
    endpoint.gate.clear()
    began = time.monotonic()
    with pytest.raises(EmbedderUnavailable, match="TimeoutError"):
        await embedder.embed_query("How?")
    assert time.monotonic() - began < PATIENT.timeout
    await passed_over(embedder, endpoint)
    await embedder.close()
    endpoint.gate.set()


async def test_the_wait_that_the_endpoint_asks_for_is_kept_within_bounds(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.answers = [status(429, **{"Retry-After": "7"}), status(429, **{"Retry-After": "3600"}), status(503)]
    with pytest.raises(EmbedderUnavailable) as failure:
        await openai.embed_query("How?")
    assert failure.value.retry_after == 7
    for _ in range(3):
        endpoint.probes.release()
    await until_back(openai)
    assert endpoint.paused == [7, LONGEST_PAUSE, 4]


async def test_a_probe_that_takes_longer_than_a_question_may_is_followed_by_another(endpoint: Endpoint) -> None:
    now = 0.0

    def slow(request: web.Request, body: Any) -> Any:
        # It loads its model first.
        nonlocal now
        now += 2 * PATIENT.timeout
        return good(request, body)

    embedder = OpenAIEmbedder(
        endpoint.url, "m", query_patience=PATIENT, opening_patience=PATIENT, pause=endpoint.pause, timer=lambda: now
    )
    await embedder.open()
    endpoint.answers = [status(503), slow]
    with pytest.raises(EmbedderUnavailable):
        await embedder.embed_query("How?")
    endpoint.probes.release()
    await until_paused(endpoint, 2)
    await passed_over(embedder, endpoint)
    endpoint.probes.release()
    await until_back(embedder)
    await embedder.close()


async def test_one_question_that_is_refused_does_not_cost_the_others_their_vectors(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.answers = [status(413)]
    with pytest.raises(EmbedderRefused):
        await openai.embed_query("x" * 2000)
    assert (await openai.embed_query("How?")).shape == (4,)


async def test_an_endpoint_that_is_down_at_the_start_is_waited_for_where_an_index_knows_its_vectors(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.usual = status(401)
    await openai.open(4)
    assert openai.dimension == 4
    await passed_over(openai, endpoint)
    endpoint.usual = good
    endpoint.probes.release()
    await until_back(openai)


async def test_a_model_that_is_too_slow_to_be_measured_at_the_start_is_measured_beside(
    endpoint: Endpoint, openai: OpenAIEmbedder
) -> None:
    endpoint.answers = [good, status(503)]
    await openai.open()
    assert openai.dimension == 4
    await passed_over(openai, endpoint)
    endpoint.probes.release()
    await until_back(openai)
    assert openai.scale.factor > 1


async def test_without_an_index_there_is_nothing_to_go_on_with(endpoint: Endpoint, openai: OpenAIEmbedder) -> None:
    endpoint.usual = status(401)
    with pytest.raises(EmbedderRefused, match="CHATMOUNT_EMBEDDINGS_API_KEY"):
        await openai.open()


async def test_closing_ends_the_probes(endpoint: Endpoint, openai: OpenAIEmbedder, away: Callable[[], float]) -> None:
    endpoint.answers = [status(503)]
    with pytest.raises(EmbedderUnavailable):
        await openai.embed_query("How?")
    await openai.close()
    assert away() == 0
