"""Another embedding model: the old index serves until the new one is whole."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.config.settings import SettingsError
from services.retrieval.embedders.embedder import Matrix, Vector
from services.retrieval.index.edge.editions import SERVING_FILE
from services.retrieval.index.schema import Fingerprint
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.changed_model import is_served_by
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

BOT = "bot_a"
NAMES = ("kept", "removed", "off")


class Hesitant(WordEmbedder):
    """Waits with every passage of before until it is told to go on."""

    def __init__(self) -> None:
        super().__init__("other words", 64)
        self.may_go_on = asyncio.Event()

    async def embed_passages(self, texts: Sequence[str]) -> Matrix:
        if any("before" in text for text in texts):
            await self.may_go_on.wait()
        return await super().embed_passages(texts)


async def fill(retrieval: Retrieval) -> dict[str, str]:
    """Ids of sources by name."""
    return {name: (await retrieval.add(BOT, f"Parking before is {name}.", f"{name}.txt")).source.id for name in NAMES}


async def vectors(retrieval: Retrieval) -> set[bool]:
    """Whether passages were found by their vectors too."""
    found = (await retrieval.search(BOT, "parking", limit=50)).passages
    return {one.scores.HasField("vector") for one in found}


async def faults(retrieval: Retrieval) -> list[str]:
    parts = await retrieval.verify()
    assert sum(part.under_way for part in parts) == 0
    return [str(fault) for part in parts for fault in part.faults]


async def test_the_old_index_answers_and_follows_until_the_new_one_is_whole(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        ids = await fill(retrieval)
    other = Hesitant()
    async with serving(tmp_path, signer, other) as retrieval:
        assert len(await retrieval.texts(BOT, "parking")) == 3
        assert await vectors(retrieval) == {False}, "the model of before can't be had"
        assert {one.status for one in await retrieval.listed(BOT)} == {pb.SOURCE_STATUS_READY}
        await retrieval.add(BOT, "Parking is new.", "new.txt")
        await retrieval.remove(BOT, ids["removed"])
        await retrieval.switch(BOT, ids["off"], False)
        assert set(await retrieval.texts(BOT, "parking")) == {"Parking before is kept.", "Parking is new."}
        assert (tmp_path / "index" / SERVING_FILE).read_text() == Fingerprint.of(embedder).short()
        other.may_go_on.set()
        await until(lambda: is_served_by(tmp_path, Fingerprint.of(other)))
        assert set(await retrieval.texts(BOT, "parking")) == {"Parking before is kept.", "Parking is new."}
        assert await vectors(retrieval) == {True}
        assert await faults(retrieval) == []


async def test_a_new_index_that_was_not_finished_is_finished_later(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        await fill(retrieval)
    async with serving(tmp_path, signer, Hesitant()) as retrieval:
        await retrieval.add(BOT, "Parking is new.", "new.txt")
    other = Hesitant()
    async with serving(tmp_path, signer, other) as retrieval:
        assert len(await retrieval.texts(BOT, "parking")) == 4
        other.may_go_on.set()
        await until(lambda: is_served_by(tmp_path, Fingerprint.of(other)))
        assert len(await retrieval.texts(BOT, "parking")) == 4
        assert other.passages == 6, "what was in the new index already was not embedded again"


async def test_going_back_to_the_old_model_gives_what_came_meanwhile_its_vectors(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        await fill(retrieval)
    async with serving(tmp_path, signer, Hesitant()) as retrieval:
        await retrieval.add(BOT, "Parking is new.", "new.txt")
    async with serving(tmp_path, signer, embedder) as retrieval:
        assert is_served_by(tmp_path, Fingerprint.of(embedder))

        async def are_all_found() -> bool:
            return len(await retrieval.texts(BOT, "parking")) == 4

        await until(are_all_found)
        assert await vectors(retrieval) == {True}
        assert await faults(retrieval) == []


async def test_other_rules_for_words_build_a_new_index_while_the_old_one_serves_with_its_vectors(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = Fingerprint.of(embedder)
    with monkeypatch.context() as before:
        before.setattr(Fingerprint, "of", lambda _: replace(present, words=present.words - 1))
        async with serving(tmp_path, signer, embedder) as retrieval:
            await fill(retrieval)
    embedder.hold = asyncio.Event()
    async with serving(tmp_path, signer, embedder) as retrieval:
        await embedder.waiting.wait()
        assert len(await retrieval.texts(BOT, "parking")) == 3
        assert await vectors(retrieval) == {True}
        embedder.hold.set()
        await until(lambda: is_served_by(tmp_path, present))
        assert len(await retrieval.texts(BOT, "parking")) == 3


class Pondering(WordEmbedder):
    """Waits with every question until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def embed_query(self, text: str) -> Vector:
        self.asked.set()
        await self.may_answer.wait()
        return await super().embed_query(text)


async def test_a_search_that_began_with_the_old_index_ends_with_it(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = Fingerprint.of(embedder)
    before = replace(present, words=present.words - 1)
    with monkeypatch.context() as patched:
        patched.setattr(Fingerprint, "of", lambda _: before)
        async with serving(tmp_path, signer, embedder) as retrieval:
            await fill(retrieval)
    pondering = Pondering()
    pondering.hold = asyncio.Event()
    async with serving(tmp_path, signer, pondering) as retrieval:
        searching = asyncio.create_task(retrieval.texts(BOT, "parking"))
        await pondering.asked.wait()
        pondering.hold.set()
        await until(lambda: (tmp_path / "index" / SERVING_FILE).read_text() == present.short())
        # The new one serves: time enough to take the old one away from under the search.
        await asyncio.sleep(0.2)
        assert (tmp_path / "index" / before.short()).is_dir()
        pondering.may_answer.set()
        assert len(await searching) == 3
        await until(lambda: is_served_by(tmp_path, present))


async def test_without_an_embedder_a_new_index_of_words_takes_over(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as retrieval:
        await fill(retrieval)
    async with serving(tmp_path, signer, None) as retrieval:
        name = Fingerprint.of(None).short()
        await until(lambda: (tmp_path / "index" / SERVING_FILE).read_text() == name)
        assert len(await retrieval.texts(BOT, "parking")) == 3
        assert await faults(retrieval) == []


async def test_another_dimension_under_the_same_name_is_refused_with_what_to_do(
    tmp_path: Path, signer: TokenSigner
) -> None:
    async with serving(tmp_path, signer, WordEmbedder("endpoint/model", 64)) as retrieval:
        await fill(retrieval)
    with pytest.raises(SettingsError, match=r"CHATMOUNT_EMBEDDINGS_URL: .* 32 numbers, .* 64 .* remove the folder"):
        async with serving(tmp_path, signer, WordEmbedder("endpoint/model", 32)):
            pass
    async with serving(tmp_path, signer, WordEmbedder("endpoint/model", 64)) as retrieval:
        assert len(await retrieval.texts(BOT, "parking")) == 3, "the refusal left the index as it was"
