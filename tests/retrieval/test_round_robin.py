"""Accepted content of several chatbots and accounts, which take turns."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.observe.metrics import REGISTRY
from services.retrieval.embedders.embedder import Matrix
from services.retrieval.index.indexer import Progress
from services.retrieval.ingest import ingest, slots
from services.retrieval.ingest import queue as ingest_queue
from services.retrieval.ingest.source_header import SourceHeader
from services.retrieval.records import Accepted
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import PATIENCE, until


def shown(name: str) -> float:
    return REGISTRY.get_sample_value(f"chatmount_sources_{name}") or 0


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of accepted content, in the order in which it is taken up."""
    names: list[str] = []
    fulfil = ingest.Ingest.fulfil

    async def noted(self: ingest.Ingest, accepted: Accepted, progress: Progress) -> None:
        names.append(SourceHeader.from_text(accepted.header).name)
        await fulfil(self, accepted, progress)

    monkeypatch.setattr(ingest.Ingest, "fulfil", noted)
    return names


async def test_a_single_page_is_not_behind_all_that_another_chatbot_brings(
    retrieval: Retrieval, embedder: WordEmbedder, taken_up: list[str]
) -> None:
    embedder.hold = asyncio.Event()
    for number in range(20):
        await retrieval.accept("bot_a", f"The fee is {number} euros.", f"{number}.txt")
    await retrieval.accept("bot_b", "The single page.", "single.txt")
    embedder.hold.set()
    for bot in ("bot_a", "bot_b"):
        await retrieval.indexed(bot)
    # Right behind what was begun before it came. When it is done says nothing: that is up to the machine.
    assert taken_up.index("single.txt") <= ingest_queue.WORKERS
    assert len(taken_up) == 21


async def test_an_account_is_not_behind_all_that_another_one_has_begun(
    retrieval: Retrieval, embedder: WordEmbedder, taken_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, embed = asyncio.Event(), embedder.embed_passages

    async def fees_wait(texts: Sequence[str]) -> Matrix:
        if any("fee" in text for text in texts):
            await hold.wait()
        return await embed(texts)

    monkeypatch.setattr(embedder, "embed_passages", fees_wait)
    for number in range(20):
        await retrieval.accept("bot_a", f"The fee is {number} euros.", f"{number}.txt")
    await until(lambda: len(taken_up) == ingest_queue.WORKERS)
    other = Principal(Role.ROLE_OPERATOR, account_id="acct_2", chatbot_id="bot_b")
    await retrieval.accept(other, "The single page.", "single.txt")
    await retrieval.indexed(other)
    assert taken_up[ingest_queue.WORKERS :] == ["single.txt"]
    hold.set()
    await retrieval.indexed("bot_a")


async def test_a_small_page_is_not_behind_large_ones(
    retrieval: Retrieval, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, embed = [], asyncio.Event(), embedder.embed_passages

    async def large_ones_wait(texts: Sequence[str]) -> Matrix:
        if not any("small" in text for text in texts):
            begun.append(texts)
            await go_on.wait()
        return await embed(texts)

    monkeypatch.setattr(embedder, "embed_passages", large_ones_wait)
    large = "The fee is ten euros.\n" * (1 + slots.SMALL_BYTES // 22)
    adding = [
        asyncio.create_task(retrieval.add("bot_a", large, name=f"{number}.txt")) for number in range(slots.AT_ONCE)
    ]
    await until(lambda: len(begun) == slots.AT_ONCE)
    try:
        async with asyncio.timeout(PATIENCE):
            assert (await retrieval.add("bot_b", "The small page.", name="small.txt")).source.passages == 1
    finally:
        go_on.set()
        await asyncio.gather(*adding)


async def test_metrics_tell_what_waits_and_for_how_long(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_queue, "COUNT_SECONDS", 0.01)
    embedder.hold = asyncio.Event()
    async with serving(tmp_path, signer, embedder) as retrieval:
        for number in range(3):
            await retrieval.accept("bot_a", f"The fee is {number} euros.", f"{number}.txt")
        await until(lambda: shown("waiting") == 3 and shown("waiting_seconds") > 0)
        embedder.hold.set()
        await until(lambda: shown("waiting") == shown("waiting_seconds") == 0)
