"""VerifyIndex finds whatever is wrong with the index, and puts it right when asked to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.ids import new_id
from services.retrieval.embedders.embedder import EmbedderRefused
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.index import PassageEntry
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.client import open_client
from services.retrieval.index.server.server import ServerIndex
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.qdrant_stand_in import stand_in
from tests.retrieval.retrieval_harness import EVERYBODY, Retrieval, refused, serving
from tests.retrieval.word_embedder import WordEmbedder

EMBEDDER = WordEmbedder()


@dataclass
class Opened:
    """A service, and a way to its index behind its back."""

    retrieval: Retrieval
    index: ServerIndex

    async def faults(self, who: str | Principal = EVERYBODY) -> set[tuple[str, str, int]]:
        """Chatbot, what, and how many entries."""
        return {
            (part.chatbot_id, fault.what, fault.entries)
            for part in await self.retrieval.verify(who)
            for fault in part.faults
        }

    async def plant(self, bot: str, version: str) -> None:
        words, vector = Bm25Encoder().document("Parking is planted."), await EMBEDDER.embed_query("parking")
        entry = PassageEntry(new_id("psg"), words, vector, await EMBEDDER.embed_passages(["Parking is planted."]))
        await self.index.add_passages(bot, version, [entry])


@pytest.fixture
async def opened(tmp_path: Path, signer: TokenSigner) -> AsyncIterator[Opened]:
    async with stand_in() as qdrant:
        patience = {"CHATMOUNT_QDRANT_TIMEOUT_MS": "20000"}
        async with serving(tmp_path, signer, EMBEDDER, CHATMOUNT_QDRANT_URL=qdrant.url, **patience) as retrieval:
            index = await ServerIndex.open(open_client(qdrant.url, "", 0, 30), Fingerprint.of(EMBEDDER))
            for bot in ("bot_a", "bot_b"):
                await retrieval.add(bot, f"# One\n\nParking of {bot}.\n\n# Two\n\nCats of {bot}.\n", "page.md")
                await retrieval.pairs(bot).AddQaPair(pb.AddQaPairRequest(question=f"Who is {bot}?", answer="A bot."))
            yield Opened(retrieval, index)
            await index.close()


async def passages_of(opened: Opened, bot: str) -> dict[str, str]:
    """Versions of the chatbot's passages by id."""
    return {one: entry.version for one, entry in (await opened.index.entries(bot)).items() if one.startswith("psg_")}


async def test_an_index_that_is_right_is_said_to_be(opened: Opened) -> None:
    parts = await opened.retrieval.verify(EVERYBODY)
    assert [(part.chatbot_id, part.stored, part.indexed, len(part.faults)) for part in parts] == [
        ("bot_a", 3, 3, 0),
        ("bot_b", 3, 3, 0),
    ]


async def test_what_is_lost_is_missing_and_is_indexed_anew(opened: Opened) -> None:
    lost, *_ = await passages_of(opened, "bot_a")
    await opened.index.remove_entries("bot_a", [lost])
    pair = (await opened.retrieval.pairs("bot_b").ListQaPairs(pb.ListQaPairsRequest())).qa_pairs[0].id
    await opened.index.remove([pair])
    assert await opened.faults() == {("bot_a", "missing", 1), ("bot_b", "missing", 1)}
    parts = await opened.retrieval.verify(EVERYBODY, repair=True)
    assert [(part.repaired, len(part.faults)) for part in parts] == [(1, 0), (1, 0)]
    assert await opened.faults() == set()
    assert len(await opened.retrieval.texts("bot_a", "parking cats")) == 2


async def test_a_repair_that_the_embedder_refuses_tells_why(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, *_ = await passages_of(opened, "bot_a")
    await opened.index.remove_entries("bot_a", [lost])
    monkeypatch.setattr(EMBEDDER, "refusal", EmbedderRefused("http://there", "It answered 401. Check the key."))
    text = await refused(opened.retrieval.verify(EVERYBODY, repair=True), Reason.WRONG_STATE)
    assert text == "It answered 401. Check the key. Then try again."


async def test_what_nobody_knows_is_an_orphan_and_is_removed(opened: Opened) -> None:
    await opened.plant("bot_a", "ver_nobodys")
    await opened.plant("bot_gone", "ver_of_a_removed_chatbot")
    assert await opened.faults() == {("bot_a", "orphan", 1), ("bot_gone", "orphan", 1)}
    await opened.retrieval.verify(EVERYBODY, repair=True)
    assert await opened.faults() == set()
    assert "bot_gone" not in await opened.index.chatbots()


async def test_passages_under_another_chatbot_are_foreign_and_go_back_to_their_own(opened: Opened) -> None:
    stolen, version = next(iter((await passages_of(opened, "bot_b")).items()))
    words = Bm25Encoder().document("Parking of bot_b.")
    rows = await EMBEDDER.embed_passages(["Parking of bot_b."])
    await opened.index.add_passages("bot_a", version, [PassageEntry(stolen, words, rows[0], rows)])
    assert await opened.faults() == {("bot_a", "foreign", 1), ("bot_b", "missing", 1)}
    # What is whose is only known where all is looked at, so both are put right by one of them.
    await opened.retrieval.verify("bot_a", repair=True)
    assert await opened.faults() == set()
    assert stolen in await passages_of(opened, "bot_b")


async def test_what_is_searched_though_it_is_off_and_the_other_way_round_is_found(opened: Opened) -> None:
    source = (await opened.retrieval.listed("bot_a"))[0]
    await opened.retrieval.switch("bot_a", source.id, False)
    version_a = next(iter((await passages_of(opened, "bot_a")).values()))
    version_b = next(iter((await passages_of(opened, "bot_b")).values()))
    await opened.index.set_enabled("bot_a", [version_a], True)
    await opened.index.set_enabled("bot_b", [version_b], False)
    assert await opened.faults() == {("bot_a", "disabled", 2), ("bot_b", "hidden", 2)}
    await opened.retrieval.verify(EVERYBODY, repair=True)
    assert await opened.faults() == set()
    assert await opened.retrieval.texts("bot_a", "parking") == []
    assert len(await opened.retrieval.texts("bot_b", "parking")) == 2


async def test_a_passage_without_its_vector_is_found(opened: Opened) -> None:
    bare, version = next(iter((await passages_of(opened, "bot_a")).items()))
    words = Bm25Encoder().document("Parking of bot_a.")
    await opened.index.add_passages("bot_a", version, [PassageEntry(bare, words, None, None)])
    assert await opened.faults() == {("bot_a", "vectorless", 1)}
    await opened.retrieval.verify(EVERYBODY, repair=True)
    assert await opened.faults() == set()


async def test_a_chatbots_operator_sees_its_chatbot_alone_and_an_accounts_none(opened: Opened) -> None:
    await opened.plant("bot_a", "ver_nobodys")
    assert await opened.faults("bot_b") == set()
    assert await opened.faults("bot_a") == {("bot_a", "orphan", 1)}
    account = Principal(Role.ROLE_OPERATOR, account_id="acct_1")
    await refused(opened.retrieval.verify(account), Reason.ROLE_NOT_ALLOWED)


async def test_sources_that_come_and_go_meanwhile_are_no_faults(opened: Opened) -> None:
    async def come_and_go() -> None:
        for number in range(6):
            added = await opened.retrieval.add("bot_a", f"# P\n\nParking {number}.\n", "other.md")
            if number % 2:
                await opened.retrieval.remove("bot_a", added.source.id)

    work = asyncio.create_task(come_and_go())
    while not work.done():
        assert await opened.faults() == set()
    await work
    assert await opened.faults() == set()
