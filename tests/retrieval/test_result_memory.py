"""Results of searches that are remembered: how often they are found, and never when they are old."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import grpc
import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.observe.metrics import REGISTRY
from services.retrieval.embedders.embedder import Matrix, Vector
from services.retrieval.index.schema import Fingerprint
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.changed_model import is_served_by
from tests.retrieval.changes_of_a_chatbot import BOT, CHANGES, OTHER, QUERY
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.test_changeover import Hesitant
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until


def looks(found: str) -> int:
    """How often it was looked for a result that was there, or was not."""
    return int(REGISTRY.get_sample_value("chatmount_search_remembered_total", {"what": "result", "found": found}) or 0)


async def asked(retrieval: Retrieval, bot: str = BOT, query: str = QUERY) -> tuple[pb.SearchResponse, bool]:
    """The reply, and whether it was remembered."""
    before, missed = looks("yes"), looks("no")
    reply = await retrieval.search(bot, query, include_sentences=True)
    assert looks("yes") + looks("no") == before + missed + 1
    return reply, looks("yes") > before


async def fresh(retrieval: Retrieval, bot: str = BOT) -> pb.SearchResponse:
    """The reply to a search that was just made, and is remembered from now on."""
    await until(lambda: _is_remembered(retrieval, bot))
    return (await asked(retrieval, bot))[0]


async def _is_remembered(retrieval: Retrieval, bot: str) -> bool:
    # What follows a change in the background, such as striking a note of it, may still be under way.
    await asked(retrieval, bot)
    return (await asked(retrieval, bot))[1]


def texts(reply: pb.SearchResponse) -> list[str]:
    return [one.text for one in reply.passages]


async def test_the_same_search_is_made_once(retrieval: Retrieval) -> None:
    await retrieval.add(BOT, "Parking is free.")
    reply, was_remembered = await asked(retrieval)
    assert not was_remembered
    assert texts(reply) == ["Parking is free."]
    assert [await asked(retrieval) for _ in range(3)] == [(reply, True)] * 3


async def test_another_search_is_another(retrieval: Retrieval) -> None:
    await retrieval.add(BOT, "Parking is free.")
    await retrieval.add(OTHER, "Parking costs two euros.")
    assert texts((await asked(retrieval))[0]) == ["Parking is free."]
    reply, was_remembered = await asked(retrieval, OTHER)
    assert (texts(reply), was_remembered) == (["Parking costs two euros."], False)
    assert not (await asked(retrieval, query=f"{QUERY}?"))[1]
    for fields in ({"limit": 1}, {"include_sentences": False}, {"previous_user_turns": ["and bikes?"]}):
        missed = looks("no")
        await retrieval.search(BOT, QUERY, **({"include_sentences": True} | fields))
        assert looks("no") == missed + 1, fields


@pytest.fixture
async def filled(retrieval: Retrieval) -> tuple[Retrieval, pb.Source]:
    """Two chatbots; one has two sources, of which one is off, and a pair."""
    source = (await retrieval.add(BOT, "Parking is free.")).source
    off = (await retrieval.add(BOT, "Parking costs three euros.", "off.txt")).source
    await retrieval.switch(BOT, off.id, False)
    pair = pb.AddQaPairRequest(question="Parking, what does it cost", answer="Little.")
    await retrieval.pairs(BOT).AddQaPair(pair)
    await retrieval.add(OTHER, "Parking costs two euros.")
    return retrieval, source


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_what_changes_a_chatbot_is_seen_at_once_and_empties_no_other(
    filled: tuple[Retrieval, pb.Source], change: Callable[[Retrieval, pb.Source], Awaitable[None]]
) -> None:
    retrieval, source = filled
    before = await fresh(retrieval)
    of_other = await fresh(retrieval, OTHER)
    await change(retrieval, source)
    after, was_remembered = await asked(retrieval)
    assert not was_remembered
    assert after != before
    assert await asked(retrieval, OTHER) == (of_other, True)


class Waiting(WordEmbedder):
    """Questions wait until they may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def embed_query(self, text: str) -> Vector:
        self.has_begun.set()
        await self.may_go_on.wait()
        return await super().embed_query(text)


async def test_a_search_that_a_write_overtakes_is_not_remembered(tmp_path: Path, signer: TokenSigner) -> None:
    embedder = Waiting()
    async with serving(tmp_path, signer, embedder) as retrieval:
        source = (await retrieval.add(BOT, "Parking is free.")).source
        searching = asyncio.create_task(retrieval.search(BOT, QUERY, include_sentences=True))
        await embedder.has_begun.wait()
        await retrieval.switch(BOT, source.id, False)
        embedder.may_go_on.set()
        await searching
        reply, was_remembered = await asked(retrieval)
        assert not was_remembered
        assert texts(reply) == []


async def test_words_alone_are_not_remembered_where_vectors_are_missing(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    await retrieval.add(BOT, "Parking is free.")
    embedder.broken = True
    reply, _ = await asked(retrieval)
    assert not reply.passages[0].scores.HasField("vector")
    embedder.broken = False
    reply, was_remembered = await asked(retrieval)
    assert not was_remembered
    assert reply.passages[0].scores.HasField("vector")


class Failing(WordEmbedder):
    """Fails after so many passages."""

    left = 40

    async def embed_passages(self, texts: Sequence[str]) -> Matrix:
        vectors = await super().embed_passages(texts)
        self.left -= len(texts)
        self.broken = self.left < 0
        return vectors


async def test_a_source_that_fails_half_way_leaves_nothing_old(tmp_path: Path, signer: TokenSigner) -> None:
    embedder = Failing()
    async with serving(tmp_path, signer, embedder) as retrieval:
        await retrieval.add(BOT, "Parking is free.")
        before = await fresh(retrieval)
        long = "\n\n".join(f"# Parking {number}\n\nParking costs {number} euros. " * 9 for number in range(60))
        with pytest.raises(grpc.aio.AioRpcError, match="can't be indexed"):
            await retrieval.add(BOT, long, "long.md")
        embedder.broken, embedder.left = False, 10**6

        async def is_as_before() -> bool:
            # Words that were added for a while change how rare the others are.
            return (await asked(retrieval))[0] == before

        await until(is_as_before)


async def test_another_edition_empties_everything(tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        for bot in (BOT, OTHER):
            await retrieval.add(bot, f"Parking before is free in {bot}.")
    other = Hesitant()
    async with serving(tmp_path, signer, other) as retrieval:
        before = [await fresh(retrieval, bot) for bot in (BOT, OTHER)]
        other.may_go_on.set()
        await until(lambda: is_served_by(tmp_path, Fingerprint.of(other)))
        for bot, reply in zip((BOT, OTHER), before, strict=True):
            assert not reply.passages[0].scores.HasField("vector"), "the model of before can't be had"
            assert (await fresh(retrieval, bot)).passages[0].scores.HasField("vector")


async def test_where_other_replicas_write_nothing_is_remembered(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, postgres_url: str
) -> None:
    async with serving(tmp_path, signer, embedder, CHATMOUNT_DATABASE_URL=postgres_url) as retrieval:
        await retrieval.add(BOT, "Parking is free.")
        before = looks("yes") + looks("no")
        assert await retrieval.texts(BOT, QUERY) == await retrieval.texts(BOT, QUERY) == ["Parking is free."]
        assert looks("yes") + looks("no") == before
