"""Content that is accepted at once: its progress, its failures, and no loss."""

import asyncio
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.index.indexer import SLAB
from services.retrieval.ingest import queue as ingest_queue
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, refused, serving
from tests.retrieval.word_embedder import WordEmbedder

OLD, NEW, NEWEST = "The fee is one euro.", "The fee is two euros.", "The fee is three euros."
UNREADABLE = Reason.UNREADABLE_SOURCE
INVALID = Reason.INVALID_FIELD


async def only(retrieval: Retrieval) -> pb.Source:
    (source,) = await retrieval.listed("bot_a")
    return source


async def test_accepted_content_is_indexed_beside(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    embedder.hold = asyncio.Event()
    accepted = await retrieval.accept("bot_a", OLD)
    assert accepted.status in (pb.SOURCE_STATUS_WAITING, pb.SOURCE_STATUS_INDEXING)
    assert (accepted.url, accepted.title, accepted.passages) == ("file:fees.txt", "fees.txt", 0)
    await embedder.waiting.wait()
    assert (await only(retrieval)).status == pb.SOURCE_STATUS_INDEXING
    assert (await only(retrieval)).ingest.working
    assert await retrieval.texts("bot_a", "fee") == []
    embedder.hold.set()
    assert (await retrieval.indexed("bot_a", accepted.id))[-1] == pb.WatchIngestResponse()
    source = await only(retrieval)
    assert (source.id, source.status, source.passages) == (accepted.id, pb.SOURCE_STATUS_READY, 1)
    assert not source.HasField("ingest")
    assert await retrieval.texts("bot_a", "fee") == [OLD]


async def test_progress_is_told_in_passages(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    embedder.hold = asyncio.Event()
    text = "\n\n".join(f"# Part {number}\n\n" + f"Word {number} and many others. " * 40 for number in range(2 * SLAB))
    accepted = await retrieval.accept("bot_a", text, "long.md")
    await embedder.waiting.wait()
    ingest = (await only(retrieval)).ingest
    assert ingest.passages_done == 0
    assert ingest.passages_all > SLAB
    embedder.hold.set()
    told = [
        (one.ingest.passages_done, one.ingest.passages_all)
        for seen in await retrieval.indexed("bot_a", accepted.id)
        for one in seen.working
    ]
    assert told == sorted(told)
    assert all(done < of for done, of in told)
    assert (await only(retrieval)).passages == ingest.passages_all


async def test_the_cause_of_a_failure_is_kept_until_better_content_comes(retrieval: Retrieval) -> None:
    accepted = await retrieval.accept("bot_a", bytes(range(256)), "fees.txt", origin="here")
    await retrieval.indexed("bot_a")
    failed = await only(retrieval)
    assert (failed.id, failed.status, failed.passages) == (accepted.id, pb.SOURCE_STATUS_FAILED, 0)
    assert "not text" in failed.error
    assert failed.origin == "here"
    await retrieval.add("bot_a", OLD, "fees.txt")
    source = await only(retrieval)
    assert (source.id, source.status, source.error) == (accepted.id, pb.SOURCE_STATUS_READY, "")


async def test_what_serves_goes_on_when_newer_content_can_not_be_read(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", OLD, "fees.txt", origin="first")
    text = await refused(retrieval.add("bot_a", b"", "fees.txt", origin="second"), UNREADABLE)
    source = await only(retrieval)
    assert (source.status, source.error, source.origin) == (pb.SOURCE_STATUS_READY, text, "first")
    assert await retrieval.texts("bot_a", "fee") == [OLD]
    assert (await retrieval.add("bot_a", OLD, "fees.txt", origin="second")).unchanged
    source = await only(retrieval)
    assert (source.error, source.origin) == ("", "second")


async def test_a_file_that_is_too_large_is_named_and_kept_in_mind(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder, CHATMOUNT_MAXIMUM_SOURCE_BYTES="1024") as retrieval:
        await refused(retrieval.add("bot_a", "x" * 1025, "big.txt"), UNREADABLE)
        assert "too large" in (await only(retrieval)).error


async def test_accepted_content_outlives_the_process(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    embedder.hold = asyncio.Event()
    async with serving(tmp_path, signer, embedder) as retrieval:
        for number in range(4):
            await retrieval.accept("bot_a", f"The fee is {number} euros.", f"{number}.txt")
        await embedder.waiting.wait()
    embedder.hold = None
    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.indexed("bot_a")
        assert len(await retrieval.texts("bot_a", "fee")) == 4


async def test_what_was_removed_while_it_was_indexed_does_not_come_back(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    embedder.hold = asyncio.Event()
    accepted = await retrieval.accept("bot_a", OLD)
    await embedder.waiting.wait()
    await retrieval.remove("bot_a", accepted.id)
    embedder.hold.set()
    # What comes behind it is indexed when it has been given up.
    await retrieval.accept("bot_a", NEW, "other.txt")
    await retrieval.indexed("bot_a")
    assert await retrieval.texts("bot_a", "fee") == [NEW]
    assert [one.url for one in await retrieval.listed("bot_a")] == ["file:other.txt"]


async def test_the_newest_content_wins(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    embedder.hold = asyncio.Event()
    await retrieval.accept("bot_a", OLD)
    await embedder.waiting.wait()
    await retrieval.accept("bot_a", NEW)
    await retrieval.accept("bot_a", NEWEST)
    embedder.hold.set()
    await retrieval.indexed("bot_a")
    assert await retrieval.texts("bot_a", "fee") == [NEWEST]


async def test_content_that_is_added_takes_the_place_of_older_content_that_waits(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    embedder.hold = asyncio.Event()
    for number in range(ingest_queue.WORKERS):
        await retrieval.accept("bot_a", f"Busy {number}.", f"{number}.txt")
    await embedder.waiting.wait()
    await retrieval.accept("bot_a", OLD)
    adding = asyncio.create_task(retrieval.add("bot_a", NEW, "fees.txt"))
    embedder.hold.set()
    await adding
    await retrieval.indexed("bot_a")
    assert {OLD, NEW} & set(await retrieval.texts("bot_a", "fee")) == {NEW}


async def test_accepted_content_that_is_there_already_is_not_indexed_again(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    before = (await retrieval.add("bot_a", OLD, "fees.txt")).source
    embedded = embedder.passages
    assert await retrieval.accept("bot_a", OLD) == before
    assert (await retrieval.indexed("bot_a")) == [pb.WatchIngestResponse()]
    assert embedder.passages == embedded


async def test_an_embedder_that_is_away_is_waited_for(
    retrieval: Retrieval, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_queue, "RETRY_MS", 0)
    embed, tries = embedder.embed_passages, 0

    async def away_at_first(texts: list[str]) -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise EmbedderUnavailable("away")
        return await embed(texts)

    monkeypatch.setattr(embedder, "embed_passages", away_at_first)
    await retrieval.accept("bot_a", OLD)
    await retrieval.indexed("bot_a")
    assert await retrieval.texts("bot_a", "fee") == [OLD]
    assert tries == 3


async def test_nobody_sees_what_another_chatbot_waits_for(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    embedder.hold = asyncio.Event()
    accepted = await retrieval.accept("bot_a", OLD)
    await embedder.waiting.wait()
    assert await retrieval.indexed("bot_b", accepted.id) == [pb.WatchIngestResponse()]
    assert await retrieval.indexed("bot_b") == [pb.WatchIngestResponse()]
    embedder.hold.set()
    await retrieval.indexed("bot_a")


async def test_what_can_not_be_watched_is_refused_or_ends(retrieval: Retrieval) -> None:
    assert await retrieval.indexed("bot_a", "../x") == []
    stub = retrieval.sources("bot_a")
    await refused(stub.WatchIngest(pb.WatchIngestRequest(source_ids=["src_1"] * 1001)).read(), INVALID)
    await refused(retrieval.add("bot_a", OLD, "fees.txt", origin="x" * 8193), INVALID)
