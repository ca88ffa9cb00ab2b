"""Chatbots whose language the main embedder does not understand, and another one does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.retrieval.embedders.multilingual.preparing import Preparing
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.qdrant_stand_in import stand_in
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.test_languages import EnglishEmbedder, arrived, choose, index_is_right
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

PAGES = {
    "hut.md": "# Hütte\n\nDie Hütte öffnet im Mai. Sie schließt im Oktober.",
    "boat.md": "# Boot\n\nDas Boot fährt stündlich.",
}
QUESTION = "Die Hütte öffnet wann?"


class GermanEmbedder(WordEmbedder):
    """Understands German, as soon as it is prepared."""

    languages = frozenset({"de"})

    def __init__(self, name: str = "german") -> None:
        super().__init__(name, 32)
        self.is_prepared = False

    async def prepare(self) -> tuple[bool, str]:
        self.is_prepared = True
        return True, "prepared"


@pytest.fixture(params=["edge", "server"])
async def environment(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    if request.param == "edge":
        yield {}
        return
    async with stand_in() as server:
        yield {"CHATMOUNT_QDRANT_URL": server.url}


async def has_vectors(retrieval: Retrieval, bot: str, question: str = QUESTION) -> bool:
    """Whether meaning counts in a search, for all that it finds."""
    found = (await retrieval.search(bot, question, include_sentences=True)).passages
    assert found, question
    with_scores = {one.scores.HasField("sentence") for one in found}
    with_scores |= {sentence.HasField("vector") for one in found for sentence in one.sentences}
    assert len(with_scores) == 1, "some passages have vectors and others have not"
    return with_scores.pop()


async def test_a_chatbot_gets_its_embedder_without_a_gap(
    tmp_path: Path, signer: TokenSigner, environment: dict[str, str]
) -> None:
    english, german = EnglishEmbedder(), GermanEmbedder()

    @asynccontextmanager
    async def served(preparing: Preparing) -> AsyncIterator[Retrieval]:
        async with serving(
            tmp_path, signer, english, multilingual=german, preparing=preparing, **environment
        ) as retrieval:
            yield retrieval

    async def cannot_be_had() -> tuple[bool, str]:
        return False, "No multilingual model."

    async with served(Preparing(cannot_be_had)) as retrieval:
        await choose(retrieval, "bot_1", "de")
        for name, text in PAGES.items():
            await retrieval.add("bot_1", text, name)
            await retrieval.add("bot_2", text, name)
        request = pb.AddQaPairRequest(question="Was kostet das Boot?", answer="Nichts.")
        await retrieval.pairs("bot_1").AddQaPair(request)
        assert not await has_vectors(retrieval, "bot_1")
        assert await has_vectors(retrieval, "bot_2")
        assert german.passages == 0

    async with served(Preparing(german.prepare)) as retrieval:
        # Every search meanwhile is whole, with meaning or without.
        await until(lambda: has_vectors(retrieval, "bot_1"))
        await index_is_right(retrieval, "bot_1")
        assert (await retrieval.search("bot_1", QUESTION)).passages[0].url == "file:hut.md"
        found = await retrieval.search("bot_1", "Das Boot kostet was?")
        assert found.qa_match.pair.answer == "Nichts."
        embedded, english.broken = german.passages, True
        assert await has_vectors(retrieval, "bot_1", "Fährt das Boot?")
        await retrieval.add("bot_1", "# Steg\n\nDer Steg ist lang.", "pier.md")
        english.broken = False
        assert german.passages > embedded
        await choose(retrieval, "bot_1", "en")
        await arrived(retrieval, "bot_1", "en")
        german.broken = True
        assert await has_vectors(retrieval, "bot_1", "Die Hütte")
        german.broken = False
        await choose(retrieval, "bot_1", "de")
        await until(lambda: has_vectors(retrieval, "bot_1"))
        await index_is_right(retrieval, "bot_1")

    # Its files are gone: words answer, and what is added meanwhile follows when it is back.
    german.is_prepared = False
    async with served(Preparing(cannot_be_had)) as retrieval:
        assert not await has_vectors(retrieval, "bot_1")
        await retrieval.add("bot_1", "# Wald\n\nDer Wald ist still.", "wood.md")
    german = GermanEmbedder("german of another recipe")
    async with served(Preparing(german.prepare)) as retrieval:
        await until(lambda: has_vectors(retrieval, "bot_1", "Der Wald ist still, die Hütte öffnet"))
        await index_is_right(retrieval, "bot_1")
