"""Questions without an answer are refused at the default threshold, with any model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.chat.abstention import DEFAULT_THRESHOLD, closeness
from services.chat.clients.retrieval import search_result
from services.config.settings import load_settings
from services.retrieval.build import configured_embedder
from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.scale import AS_THEY_ARE, QUESTIONS, SENTENCES, UNRELATED, Scale
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.embedders.like_e5 import like_e5
from tests.retrieval.embedders.whole_texts import embedded
from tests.retrieval.retrieval_harness import Retrieval, serving

BOT = "bot_a"
PAGES = {
    "returns.md": "# Returns\n\nYou can return an item within 30 days of delivery. The refund goes to the card you "
    "paid with. We pay the postage of a return if the item arrived broken.",
    "parking.md": "# Parking\n\nVisitors park for free behind the main building. The gates of the car park close at "
    "ten in the evening. Electric cars can be charged at four places by the entrance.",
    "wifi.md": "# Wireless network\n\nThe password of the guest network changes every Monday. Connect to the network "
    "called Lobby and open any page to sign in.",
    "membership.md": "# Membership\n\nA yearly membership costs 60 euros. Students pay half of the price. You can "
    "cancel your membership by e-mail at any time.",
}
ON_TOPIC = (
    "How many days do I have to return an item?",
    "Where can visitors park?",
    "When does the car park close?",
    "Can I charge an electric car?",
    "When does the guest network's password change?",
    "How much is a yearly membership?",
    "What do students pay for membership?",
    "How can I cancel my membership?",
)
OFF_TOPIC = (
    "Who wrote The Magic Mountain?",
    "What is the boiling point of nitrogen?",
    "How do bees find their way home?",
    "Which river flows through Vienna?",
    "How is cheese made?",
    "Who won the world cup in 1974?",
    "What does a black hole look like?",
    "How tall do giraffes get?",
    "Why is the sky blue?",
    "When did the Roman empire fall?",
    "What is the derivative of a sine?",
    "How do I tie a bow tie?",
    "Which vitamins are in spinach?",
    "What is the capital of Mongolia?",
    "How do vaccines work?",
    "Who composed the Brandenburg concertos?",
    "What is a prime number?",
    "How deep is the Pacific?",
    "Why do cats purr?",
    "What causes earthquakes?",
    "How are diamonds formed?",
    "Which language is spoken in Brazil?",
    "When was penicillin discovered?",
    "How does a sewing machine work?",
)


async def kept(retrieval: Retrieval, questions: tuple[str, ...]) -> int:
    """How many of the questions are answered at the default threshold."""
    answered = 0
    for question in questions:
        found = await retrieval.search(BOT, question, limit=8, include_sentences=True)
        assert found.passages[0].scores.HasField("sentence")
        best = max(one.vector for one in found.passages[0].sentences)
        assert best == pytest.approx(found.passages[0].scores.sentence, abs=2e-3), "one scale for all of them"
        answered += closeness(search_result(found).passages, question) >= DEFAULT_THRESHOLD
    return answered


@asynccontextmanager
async def filled(home: Path, signer: TokenSigner, url: str, **environment: str) -> AsyncIterator[Retrieval]:
    environment |= {"CHATMOUNT_EMBEDDINGS_URL": url, "CHATMOUNT_EMBEDDINGS_MODEL": "m"}
    embedder = configured_embedder(load_settings({"CHATMOUNT_HOME": str(home), **environment}))
    async with serving(home, signer, embedder, **environment) as retrieval:
        for name, text in PAGES.items():
            await retrieval.add(BOT, text, name)
        yield retrieval


@pytest.mark.parametrize("unrelated", [0.1, 0.5, 0.78])
async def test_off_topic_questions_are_refused_and_others_kept(
    tmp_path: Path, signer: TokenSigner, unrelated: float
) -> None:
    async with like_e5(unrelated) as url, filled(tmp_path, signer, url) as retrieval:
        assert await kept(retrieval, OFF_TOPIC) <= 1
        assert await kept(retrieval, ON_TOPIC) >= len(ON_TOPIC) - 1


async def test_the_models_prefixes_are_sent(tmp_path: Path, signer: TokenSigner) -> None:
    prefixes = {
        "CHATMOUNT_EMBEDDINGS_QUERY_PREFIX": "query:",
        "CHATMOUNT_EMBEDDINGS_PASSAGE_PREFIX": "passage: ",
    }
    needed = ("query: ", "passage: ")
    async with like_e5(0.78, needed) as url, filled(tmp_path, signer, url, **prefixes) as retrieval:
        assert await kept(retrieval, OFF_TOPIC[:8]) == 0
        assert await kept(retrieval, ON_TOPIC) >= len(ON_TOPIC) - 1


async def test_a_fixed_answer_is_given_to_its_own_question_alone(tmp_path: Path, signer: TokenSigner) -> None:
    async with like_e5(0.78) as url, filled(tmp_path, signer, url) as retrieval:
        pair = pb.AddQaPairRequest(question="When do you open on Sundays?", answer="Never.")
        await retrieval.pairs(BOT).AddQaPair(pair)
        assert (await retrieval.search(BOT, "At what time do you open on Sundays?")).HasField("qa_match")
        for question in ("What do you sell on Sundays?", "Where do you open the gate?", "How do vaccines work?"):
            assert not (await retrieval.search(BOT, question)).HasField("qa_match")


async def test_the_built_in_model_is_what_others_are_measured_by() -> None:
    model = MiniLMEmbedder.load(default_model_dir(), threads=2)
    await model.open()
    questions = np.array([await model.embed_query(text) for text in QUESTIONS])
    sentences = await embedded(model, SENTENCES)
    await model.close()
    assert float(np.mean(questions @ sentences.T)) == pytest.approx(UNRELATED, abs=0.005)
    assert float(np.max(questions @ sentences.T)) < DEFAULT_THRESHOLD
    assert model.scale is AS_THEY_ARE
    assert [model.scale.read(cosine) for cosine in (-0.3, 0.1234567, 0.4, 1.0)] == [-0.3, 0.1234567, 0.4, 1.0]


def test_a_scale_keeps_the_order_and_what_is_equal() -> None:
    close = np.full((2, 3), 1 / np.sqrt(3), np.float32)
    for scale in (Scale.measured(close, close), Scale(4.0), Scale(0.9)):
        read = [scale.read(cosine) for cosine in (0.5, 0.7, 0.9, 1.0)]
        assert read == sorted(read)
        assert read[-1] == 1.0
        assert scale.read(-1.0) >= -1.0
    assert Scale(4.0).read(Scale(4.0).unrelated) == pytest.approx(UNRELATED)
