"""Chatbots whose language the main embedder does not understand, and another one does."""

from collections.abc import AsyncIterator
from functools import partial
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
        yield {"CHATMOUNT_QDRANT_URL": server.url, "CHATMOUNT_QDRANT_TIMEOUT_MS": "30000"}


async def has_vectors(retrieval: Retrieval, bot: str, question: str = QUESTION) -> bool:
    """Whether meaning counts in a search, for all that it finds."""
    found = (await retrieval.search(bot, question, include_sentences=True)).passages
    assert found, question
    with_scores = {one.scores.HasField("sentence") for one in found}
    with_scores |= {sentence.HasField("vector") for one in found for sentence in one.sentences}
    assert len(with_scores) == 1, "some passages have vectors and others have not"
    return with_scores.pop()


async def cannot_be_had() -> tuple[bool, str]:
    return False, "No multilingual model."


async def fill(retrieval: Retrieval, bot: str) -> None:
    for name, text in PAGES.items():
        await retrieval.add(bot, text, name)


async def test_a_chatbot_gets_its_embedder_without_a_gap(
    tmp_path: Path, signer: TokenSigner, environment: dict[str, str]
) -> None:
    english, german = EnglishEmbedder(), GermanEmbedder()
    both = partial(serving, tmp_path, signer, english, multilingual=german, **environment)
    async with both(preparing=Preparing(cannot_be_had)) as retrieval:
        await choose(retrieval, "bot_1", "de")
        await fill(retrieval, "bot_1")
        await fill(retrieval, "bot_2")
        request = pb.AddQaPairRequest(question="Was kostet das Boot?", answer="Nichts.")
        await retrieval.pairs("bot_1").AddQaPair(request)
        assert not await has_vectors(retrieval, "bot_1")
        assert await has_vectors(retrieval, "bot_2")
        assert german.passages == 0

    async with both(preparing=Preparing(german.prepare)) as retrieval:
        # Every search meanwhile is whole, with meaning or without.
        await until(lambda: has_vectors(retrieval, "bot_1"))
        await index_is_right(retrieval, "bot_1")
        assert (await retrieval.search("bot_1", QUESTION)).passages[0].url == "file:hut.md"
        found = await retrieval.search("bot_1", "Das Boot kostet was?")
        assert found.qa_match.pair.answer == "Nichts."
        english.broken = True
        assert await has_vectors(retrieval, "bot_1", "Fährt das Boot?")
        await retrieval.add("bot_1", "# Steg\n\nDer Steg ist lang.", "pier.md")
        english.broken = False
        await choose(retrieval, "bot_1", "en")
        await arrived(retrieval, "bot_1", "en")
        german.broken = True
        assert await has_vectors(retrieval, "bot_1", "Die Hütte")


async def test_words_answer_while_the_model_is_gone(
    tmp_path: Path, signer: TokenSigner, environment: dict[str, str]
) -> None:
    german = GermanEmbedder()
    german.is_prepared = True
    served = partial(serving, tmp_path, signer, EnglishEmbedder(), **environment)
    async with served(multilingual=german) as retrieval:
        await choose(retrieval, "bot_1", "de")
        await fill(retrieval, "bot_1")
        assert await has_vectors(retrieval, "bot_1")

    german.is_prepared = False
    async with served(multilingual=german, preparing=Preparing(cannot_be_had)) as retrieval:
        assert not await has_vectors(retrieval, "bot_1")
        await retrieval.add("bot_1", "# Wald\n\nDer Wald ist still.", "wood.md")

    other = GermanEmbedder("german by another recipe")
    async with served(multilingual=other, preparing=Preparing(other.prepare)) as retrieval:
        await until(lambda: has_vectors(retrieval, "bot_1", "Der Wald ist still, die Hütte öffnet"))
        await index_is_right(retrieval, "bot_1")
