"""Which texts go through the model together."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.embedders.embedder import Matrix
from services.retrieval.embedders.minilm.batches import MAX_ROWS, MAX_TOKENS, WASTE, PassageBatches
from services.retrieval.embedders.minilm.rows import Row, whole_row
from tests.waiting import PATIENCE


class Model:
    """Notes the lengths of each batch; the vector of a text is its first two ids.

    It can be held at a gate.
    """

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, rows: Sequence[Row]) -> list[Matrix]:
        self.batches.append([len(row) for row in rows])
        assert self.gate.wait(PATIENCE)
        if any(row.ids[0] == 666 for row in rows):
            raise ValueError("no such token")
        return [np.array([row.ids[:2]], np.float32) for row in rows]


def texts(lengths: Sequence[int], start: int = 0) -> list[Row]:
    return [whole_row([start + number, length, *[0] * (length - 2)]) for number, length in enumerate(lengths)]


def told(vectors: Sequence[Matrix]) -> list[list[float]]:
    return [vector.tolist()[0] for vector in vectors]


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[Model], PassageBatches]]:
    """Open batches, one at a time, before a model."""
    executor = ThreadPoolExecutor(1)
    yield lambda model: PassageBatches(model, executor, 1)
    executor.shutdown(cancel_futures=True)


@given(st.lists(st.integers(2, 700), max_size=120))
def test_every_text_gets_its_vector_and_no_batch_is_too_large(lengths: list[int]) -> None:
    async def embed(model: Model) -> list[Matrix]:
        with ThreadPoolExecutor(1) as executor:
            return await PassageBatches(model, executor, 1).embed(texts(lengths))

    model = Model()
    vectors = asyncio.run(embed(model))
    assert told(vectors) == [[number, length] for number, length in enumerate(lengths)]
    for batch in model.batches:
        assert len(batch) <= MAX_ROWS
        assert len(batch) == 1 or len(batch) * max(batch) <= MAX_TOKENS
        assert max(batch) * len(batch) - sum(batch) <= WASTE * len(batch)


async def test_texts_of_like_length_go_together(opened: Callable[[Model], PassageBatches]) -> None:
    model = Model()
    await opened(model).embed(texts([90, 20, 88, 24]))
    assert sorted(map(sorted, model.batches)) == [[20, 24], [88, 90]]


async def test_calls_share_batches(opened: Callable[[Model], PassageBatches]) -> None:
    model = Model()
    model.gate.clear()
    batches = opened(model)
    first = asyncio.create_task(batches.embed(texts([5])))
    others = [asyncio.create_task(batches.embed(texts([30, 60], start))) for start in (10, 20, 30)]
    await asyncio.sleep(0)
    model.gate.set()
    assert told(await first) == [[0, 5]]
    assert [told(await other) for other in others] == [[[s, 30], [s + 1, 60]] for s in (10, 20, 30)]
    assert model.batches == [[5], [30] * 3, [60] * 3]


async def test_the_text_that_has_waited_longest_is_next(opened: Callable[[Model], PassageBatches]) -> None:
    model = Model()
    model.gate.clear()
    batches = opened(model)
    calls = [asyncio.create_task(batches.embed(texts([length]))) for length in (10, 300, 40, 40, 200)]
    await asyncio.sleep(0)
    model.gate.set()
    await asyncio.gather(*calls)
    assert model.batches == [[10], [300], [40, 40], [200]]


async def test_of_a_call_that_broke_off_nothing_more_is_computed(opened: Callable[[Model], PassageBatches]) -> None:
    model = Model()
    model.gate.clear()
    batches = opened(model)
    leaving = asyncio.create_task(batches.embed(texts([10] * 100)))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    model.gate.set()
    assert told(await batches.embed(texts([50]))) == [[0, 50]]
    assert model.batches == [[10] * MAX_ROWS, [50]]


async def test_a_failure_reaches_those_who_were_in_the_batch_and_no_others(
    opened: Callable[[Model], PassageBatches],
) -> None:
    batches = opened(Model())
    failing = asyncio.create_task(batches.embed([*texts([10]), whole_row([666] * 90)]))
    passing = asyncio.create_task(batches.embed(texts([10, 40])))
    with pytest.raises(ValueError, match="no such token"):
        await failing
    assert told(await passing) == [[0, 10], [1, 40]]


async def test_no_texts_make_no_batch(opened: Callable[[Model], PassageBatches]) -> None:
    model = Model()
    assert await opened(model).embed([]) == []
    assert not model.batches
