"""Adding sources: no gap, no change by failures, and a rebuilt index where needed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.config.settings import load_settings
from services.retrieval.embedders.embedder import Matrix
from services.retrieval.index.choose import open_index
from services.retrieval.index.schema import Fingerprint
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

OLD, NEW = "# Fees\n\nThe old fee is one euro.", "# Fees\n\nThe new fee is two euros."


async def test_the_old_passages_serve_until_the_new_ones_are_in(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    await retrieval.add("bot_a", OLD)
    embedder.hold = asyncio.Event()
    adding = asyncio.create_task(retrieval.add("bot_a", NEW))
    await embedder.waiting.wait()
    assert await retrieval.texts("bot_a", "fee") == ["The old fee is one euro."]
    embedder.hold.set()
    await adding
    assert await retrieval.texts("bot_a", "fee") == ["The new fee is two euros."]


async def test_a_search_never_sees_both_states_or_neither(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", OLD)
    seen: set[tuple[str, ...]] = set()
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            seen.add(tuple(await retrieval.texts("bot_a", "fee euro")))

    watching = asyncio.create_task(watch())
    for number in range(8):
        await retrieval.add("bot_a", NEW if number % 2 == 0 else OLD)
    done.set()
    await watching
    assert seen <= {("The old fee is one euro.",), ("The new fee is two euros.",)}


async def test_a_caller_that_leaves_leaves_nothing_behind(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, broken_off = asyncio.Event(), asyncio.Event()

    async def held(texts: Sequence[str]) -> Matrix:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            broken_off.set()
        raise AssertionError("never reached")

    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.add("bot_a", OLD)
        monkeypatch.setattr(embedder, "embed_passages", held)
        adding = asyncio.create_task(retrieval.add("bot_a", NEW))
        await begun.wait()
        adding.cancel()
        await broken_off.wait()
        assert await retrieval.texts("bot_a", "fee") == ["The old fee is one euro."]
    editions = await open_index(load_settings({"CHATMOUNT_HOME": str(tmp_path)}), Fingerprint.of(embedder))
    assert [state.entries for state in (await editions.wanted.versions()).values()] == [1]
    await editions.close()


async def test_many_writers_of_one_url_leave_one_source(retrieval: Retrieval) -> None:
    texts = [f"Version {number} of the page." for number in range(12)]
    await asyncio.gather(*(retrieval.add("bot_a", text, "page.txt") for text in texts))
    assert len(await retrieval.listed("bot_a")) == 1
    found = await retrieval.texts("bot_a", "version page")
    assert len(found) == 1
    assert found[0] in texts


async def test_everything_is_there_after_a_restart(tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.add("bot_a", NEW)
        await retrieval.pairs("bot_a").AddQaPair(pb.AddQaPairRequest(question="Is it free?", answer="No."))
        before = await retrieval.search("bot_a", "fee")
    embedded = embedder.passages
    async with serving(tmp_path, signer, embedder) as retrieval:
        assert await retrieval.search("bot_a", "fee") == before
        assert (await retrieval.search("bot_a", "is it free")).qa_match.pair.answer == "No."
    assert embedder.passages == embedded


@pytest.mark.parametrize("then", [WordEmbedder("other"), None], ids=["name", "none"])
async def test_another_embedder_has_the_index_rebuilt_from_the_store(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, then: WordEmbedder | None
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        off = (await retrieval.add("bot_a", OLD, "off.md")).source
        await retrieval.add("bot_a", NEW, "on.md")
        request = pb.SetSourceEnabledRequest(source_id=off.id, enabled=False)
        await retrieval.sources("bot_a").SetSourceEnabled(request)
        await retrieval.pairs("bot_a").AddQaPair(pb.AddQaPairRequest(question="Is it free at all?", answer="No."))
    async with serving(tmp_path, signer, then) as retrieval:

        async def is_whole() -> bool:
            texts = await retrieval.texts("bot_a", "fee")
            pair = (await retrieval.search("bot_a", "Is it free at all, today?")).HasField("qa_match")
            return texts == ["The new fee is two euros."] and pair == (then is not None)

        await until(is_whole)
        assert [one.status for one in await retrieval.listed("bot_a")] == [
            pb.SOURCE_STATUS_DISABLED,
            pb.SOURCE_STATUS_READY,
        ]


async def test_a_lost_index_is_rebuilt_and_says_so_meanwhile(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.add("bot_a", NEW)
    for file in (tmp_path / "index").glob("*/shard/**/*"):
        if file.is_file():
            file.write_bytes(b"broken")
    embedder.hold = asyncio.Event()
    async with serving(tmp_path, signer, embedder) as retrieval:
        await embedder.waiting.wait()
        assert [one.status for one in await retrieval.listed("bot_a")] == [pb.SOURCE_STATUS_INDEXING]
        embedder.hold.set()

        async def is_found() -> bool:
            return await retrieval.texts("bot_a", "fee") == ["The new fee is two euros."]

        await until(is_found)
