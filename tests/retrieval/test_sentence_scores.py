"""Words of headings: they count for a sentence only where no vector is at work.

A vector tells them as well.
"""

from pathlib import Path

import pytest

from services.ids import new_id
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.index import PassageEntry, Query
from services.retrieval.index.schema import Fingerprint
from services.retrieval.records import FoundPassage, Passage
from services.retrieval.search.sentence_scores import SentenceScorer
from tests.retrieval.retrieval_harness import Retrieval
from tests.retrieval.word_embedder import WordEmbedder

BOT = "bot_a"
PAGE = "# Staff handbook\n\n## Vacation\n\nIt expires on 31 March. Ask your manager."
QUESTION = "When does vacation expire?"
# The same words; its vector is not remembered.
SAME_QUESTION = "When does vacation expire?!"


async def shares(retrieval: Retrieval, question: str = QUESTION) -> list[float]:
    """How much of the question each sentence of the page holds."""
    (passage,) = (await retrieval.search(BOT, question, include_sentences=True)).passages
    assert [one.HasField("vector") for one in passage.sentences] == [passage.scores.HasField("sentence")] * 2
    return [one.lexical for one in passage.sentences]


async def test_beside_vectors_a_sentence_holds_its_own_words_alone(retrieval: Retrieval) -> None:
    await retrieval.add(BOT, PAGE, "page.md")
    own, none = await shares(retrieval)
    assert 0 < own < 1
    assert none == 0


async def test_headings_count_when_the_embedder_fails_also_where_vectors_were_known_before(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    await retrieval.add(BOT, PAGE, "page.md")
    beside_vectors = await shares(retrieval)
    embedder.broken = True
    own, of_headings = await shares(retrieval, SAME_QUESTION)
    assert own == pytest.approx(1.0)
    assert 0 < of_headings < 1
    embedder.broken = False
    assert await shares(retrieval) == beside_vectors


async def test_headings_count_for_a_passage_that_has_no_vectors_though_the_question_has_one(
    tmp_path: Path, embedder: WordEmbedder
) -> None:
    encoder, index = Bm25Encoder(), await EdgeIndex.open(tmp_path, Fingerprint.of(embedder))
    text = "It expires on 31 March."
    words = encoder.document(f"Staff handbook: Vacation {text}")
    passage = Passage(new_id("psg"), 0, ("Vacation",), text, ((0, len(text)),))
    await index.add_passages(BOT, "ver_a", [PassageEntry(passage.id, words, None, None)])
    found = FoundPassage(passage, "src_a", "file:page.md", "Staff handbook")
    forms = [Query(encoder.query(QUESTION), await embedder.embed_query(QUESTION))]
    scorer = SentenceScorer(index, encoder)
    (sentences,) = await scorer.scored(BOT, forms, [found], await scorer.sought(BOT, forms))
    assert [(one.vector, one.lexical) for one in sentences] == [(None, pytest.approx(1.0))]
    await index.close()
