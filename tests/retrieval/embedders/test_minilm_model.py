"""The prepared model: quality against float vectors, order and odd texts."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from whole_texts import STADIUM, SUN, WEATHER

from services.retrieval.embedders.embedder import PassageText
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from tests.each import for_each
from tests.retrieval.embedders.whole_texts import embedded

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXTS = [
    WEATHER,
    SUN,
    STADIUM,
    "How do I rotate an API key?",
    "Rotation gives the key a new secret; the old one stops working at once, on every replica.",
    "Returns & refunds > Shipping costs: we refund the postage of a faulty article within 14 days. "
    "Keep your receipt, and write to us before you send anything back.",
    "Überweisungen aus dem Ausland dauern drei bis fünf Werktage.",
    "",
]
PASSAGE = "Refunds are paid to the card that was charged, within five working days of the return. " * 8


async def test_vectors_stay_close_to_those_of_the_official_weights_in_full_precision(embedder: MiniLMEmbedder) -> None:
    exact = np.load(Path(__file__).with_name("reference_vectors.npy")).astype(np.float32)
    cosines = ((await embedded(embedder, TEXTS)) * exact).sum(1)
    assert cosines.mean() >= 0.985
    assert cosines.min() >= 0.96


async def test_similarities_are_those_that_the_authors_publish(embedder: MiniLMEmbedder) -> None:
    weather, sun, stadium = await embedded(embedder, [WEATHER, SUN, STADIUM])
    assert weather @ sun == pytest.approx(0.6660, abs=0.04)
    assert weather @ stadium == pytest.approx(0.1046, abs=0.04)
    assert sun @ stadium == pytest.approx(0.1411, abs=0.04)


async def test_a_question_is_nearer_to_its_answer_than_to_anything_else(embedder: MiniLMEmbedder) -> None:
    question = await embedder.embed_query("How can I change the secret of my key?")
    scores = await embedded(embedder, TEXTS) @ question
    assert scores.argmax() in {3, 4}
    assert sorted(scores)[-3] < 0.25


async def test_vectors_come_in_the_order_of_their_texts(embedder: MiniLMEmbedder) -> None:
    words = ["alpha", "bank account", "a cat sat on a mat", PASSAGE, "invoice", "Paris in spring", "tax return form"]
    texts = [words[i % 7] if i % 3 else f"{words[i % 7]} {i}" for i in range(60)]
    together = await embedded(embedder, texts)
    alone = np.stack([await embedder.embed_query(text) for text in texts])
    assert (together * alone).sum(1).min() > 0.999
    assert (np.argmax(together @ alone.T, axis=1) % 7 == np.arange(60) % 7).all()


async def test_every_vector_has_length_one_and_the_declared_shape_and_type(embedder: MiniLMEmbedder) -> None:
    matrix = await embedded(embedder, TEXTS)
    vector = await embedder.embed_query(WEATHER)
    assert (matrix.shape, vector.shape) == ((len(TEXTS), 384), (384,))
    assert matrix.dtype == vector.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)
    assert embedder.dimension == 384


@for_each("text", ["", "   \n", "\x00", "\ud800 half a pair", "🙂" * 40, "x" * 5000, "\u202e\u0301"])
async def test_odd_texts_get_a_finite_vector(embedder: MiniLMEmbedder, text: str) -> None:
    assert np.linalg.norm(await embedder.embed_query(text)) == pytest.approx(1, abs=1e-5)


async def test_a_text_beyond_the_window_counts_up_to_it(embedder: MiniLMEmbedder) -> None:
    filling = "refund " * 254
    exact, longer = await embedder.embed_query(filling), await embedder.embed_query(filling + "volcano " * 100_000)
    assert exact @ longer == pytest.approx(1, abs=1e-4)


async def test_sentences_are_as_close_to_texts_of_their_own_as_can_be(embedder: MiniLMEmbedder) -> None:
    path, sentences = "Shop > Returns", (TEXTS[3], TEXTS[4], WEATHER, PASSAGE)
    (vectors,) = await embedder.embed_with_sentences([PassageText(" ".join(sentences), path, sentences)])
    alone = await embedded(embedder, [f"{path}: {sentence}" for sentence in sentences])
    assert (vectors.sentences * alone).sum(1).min() > 0.93
    (only_one,) = await embedder.embed_with_sentences([PassageText(WEATHER, path, (WEATHER,))])
    assert only_one.sentences[0] @ vectors.sentences[2] > 0.999


async def test_passages_with_many_sentences_one_and_none_keep_their_order(embedder: MiniLMEmbedder) -> None:
    many = tuple(f"Invoice {number} is paid within {number} days by bank transfer." for number in range(90))
    texts = [
        PassageText(" ".join(many), "Shop > Invoices", many),
        PassageText(WEATHER, "", (WEATHER,)),
        PassageText(STADIUM, "Shop", ()),
        PassageText("", "", ("",)),
    ]
    vectors = await embedder.embed_with_sentences(texts)
    assert [len(one.sentences) for one in vectors] == [90, 1, 0, 1]
    for one in vectors:
        np.testing.assert_allclose(np.linalg.norm([one.whole, *one.sentences], axis=1), 1, atol=1e-5)
    weather, stadium = await embedded(embedder, [WEATHER, STADIUM])
    assert vectors[1].whole @ weather > 0.95
    assert vectors[2].whole @ stadium > 0.999
    assert (vectors[0].sentences @ await embedder.embed_query("When is invoice 77 paid?")).argmax() == 77


async def test_the_vector_of_a_passage_is_close_to_that_of_its_text(embedder: MiniLMEmbedder) -> None:
    sentences = (
        "We refund the postage of a faulty article within 14 days.",
        "Keep your receipt.",
        "Write to us first.",
    )
    text = PassageText(" ".join(sentences), "Returns", sentences)
    (vectors,) = await embedder.embed_with_sentences([text])
    (whole,) = await embedded(embedder, [f"Returns: {text.whole}"])
    assert vectors.whole @ whole > 0.85


async def test_concurrent_calls_get_their_own_vectors(embedder: MiniLMEmbedder) -> None:
    answers = await asyncio.gather(*(embedded(embedder, [text] * 20) for text in TEXTS))
    queries = await asyncio.gather(*(embedder.embed_query(text) for text in TEXTS))
    for vectors, query in zip(answers, queries, strict=True):
        assert (vectors @ query).min() > 0.98


async def test_the_same_question_always_gets_the_same_vector(embedder: MiniLMEmbedder) -> None:
    first = await embedder.embed_query(WEATHER)
    await embedded(embedder, TEXTS)
    assert (await embedder.embed_query(WEATHER) == first).all()


async def test_the_name_tells_model_weights_and_quantisation(embedder: MiniLMEmbedder) -> None:
    assert embedder.name == "all-minilm-l6-v2/53aa51172d14/int8-r3"
