"""Sources that are indexed again while the embedder refuses some."""

import shutil
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.retrieval.embedders.embedder import EmbedderRefused
from services.retrieval.upkeep import rebuild
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

BOT = "bot_a"
READY, FAILED = pb.SOURCE_STATUS_READY, pb.SOURCE_STATUS_FAILED
TEXTS = {"one.txt": "Parking one is bad.", "two.txt": "Parking two is free.", "three.txt": "Parking three is free."}


async def filled(home: Path, signer: TokenSigner, embedder: WordEmbedder) -> None:
    async with serving(home, signer, embedder) as retrieval:
        for name, text in TEXTS.items():
            await retrieval.add(BOT, text, name)
    shutil.rmtree(home / "index")


async def shown(retrieval: Retrieval, statuses: set[int]) -> dict[str, pb.Source]:
    """The sources by name, when these are their statuses."""

    async def are_shown() -> bool:
        return {one.status for one in await retrieval.listed(BOT)} == statuses

    await until(are_shown)
    return {source.url.removeprefix("file:"): source for source in await retrieval.listed(BOT)}


async def test_a_source_that_is_refused_keeps_no_other_waiting(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The embedder may be back before or after the next try of what it did not do.
    monkeypatch.setattr(rebuild, "RETRY_SECONDS", 0.1)
    await filled(tmp_path, signer, embedder)
    embedder.refused_word = "bad"
    embedder.refusal = EmbedderRefused("http://there", "It answered 422.", for_its_texts=True)
    async with serving(tmp_path, signer, embedder) as retrieval:
        sources = await shown(retrieval, {READY, FAILED})
        assert sources["one.txt"].error == "It answered 422. Then try again."
        assert {name for name, one in sources.items() if one.status == READY} == {"two.txt", "three.txt"}
        counts = (await retrieval.sources(BOT).GetSourceCounts(pb.GetSourceCountsRequest())).counts
        assert {one.status: one.sources for one in counts} == {READY: 2, FAILED: 1}
        only_failed = await retrieval.sources(BOT).ListSources(pb.ListSourcesRequest(statuses=[FAILED]))
        assert [one.url for one in only_failed.sources] == ["file:one.txt"]
        assert set(await retrieval.texts(BOT, "parking")) == {TEXTS["two.txt"], TEXTS["three.txt"]}
        embedder.refusal = None
        # What comes to be indexed again does not wait for the next try of what was refused.
        embedder.broken = True
        await retrieval.pairs(BOT).AddQaPair(pb.AddQaPairRequest(question="Is it?", answer="Yes."))
        embedder.broken = False
        sources = await shown(retrieval, {READY})
        assert sources["one.txt"].error == ""


async def test_a_wrong_key_is_told_of_every_source_and_tried_once(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    await filled(tmp_path, signer, embedder)
    embedder.refusal = EmbedderRefused("http://there", "It answered 401.")
    async with serving(tmp_path, signer, embedder) as retrieval:
        sources = await shown(retrieval, {FAILED})
        assert {one.error for one in sources.values()} == {"It answered 401. Then try again."}
        assert embedder.refusals == 1


async def test_a_source_that_is_refused_keeps_no_other_chatbot_from_another_language(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    await retrieval.add(BOT, TEXTS["one.txt"], "one.txt")
    await retrieval.add("bot_b", TEXTS["two.txt"], "two.txt")
    embedder.refused_word = "bad"
    embedder.refusal = EmbedderRefused("http://there", "It answered 422.", for_its_texts=True)
    for bot in (BOT, "bot_b"):
        await retrieval.searcher(bot).UpdateSettings(pb.UpdateSettingsRequest(language="de"))

    async def is_german() -> bool:
        return (await settings_of(retrieval, "bot_b")).language == "de"

    await until(is_german)
    assert (await settings_of(retrieval, BOT)).next_language == "de"


async def settings_of(retrieval: Retrieval, bot: str) -> pb.Settings:
    return (await retrieval.searcher(bot).GetSettings(pb.GetSettingsRequest())).settings
