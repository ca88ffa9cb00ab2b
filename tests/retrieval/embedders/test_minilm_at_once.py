"""The prepared model under several calls at once: who waits for whom."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import onnxruntime
import pytest
from whole_texts import SUN, WEATHER

from services.retrieval.embedders.minilm.batches import MAX_ROWS
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from tests.retrieval.embedders.whole_texts import embedded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")


class GatedInference:
    """Notes the threads of the real inference, and holds it while the gate is shut.

    A single row passes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.reached = threading.Event()
        self.threads: set[int] = set()
        self.rows = 0
        run = onnxruntime.InferenceSession.run

        def gated(session: Any, outputs: Any, inputs: Mapping[str, Any]) -> Any:
            self.threads.add(threading.get_ident())
            self.reached.set()
            rows = len(inputs["input_ids"])
            assert rows == 1 or self.gate.wait(2 * PATIENCE)
            self.rows += rows
            return run(session, outputs, inputs)

        monkeypatch.setattr(onnxruntime.InferenceSession, "run", gated)


async def test_a_question_does_not_wait_for_a_large_ingest(
    embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    inference = GatedInference(monkeypatch)
    ingest = asyncio.create_task(embedded(embedder, [WEATHER] * 100))
    async with asyncio.timeout(PATIENCE):
        for _ in range(5):
            await embedder.embed_query("When is my refund paid?")
    assert not ingest.done()
    inference.gate.set()
    assert len(await ingest) == 100


async def test_no_inference_runs_on_the_thread_of_the_event_loop(
    embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    inference = GatedInference(monkeypatch)
    inference.gate.set()
    await embedded(embedder, [WEATHER] * 40)
    await embedder.embed_query(WEATHER)
    assert inference.threads
    assert threading.get_ident() not in inference.threads


async def test_an_ingest_that_is_cancelled_stops_soon(
    embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    inference = GatedInference(monkeypatch)
    ingest = asyncio.create_task(embedded(embedder, [WEATHER] * 400))
    assert await asyncio.to_thread(inference.reached.wait, 5)
    ingest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ingest
    inference.gate.set()
    await embedded(embedder, [SUN])
    assert inference.rows <= 2 * MAX_ROWS + 1
