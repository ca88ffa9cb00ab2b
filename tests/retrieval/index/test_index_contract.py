"""The promises of the Index interface, held against every implementation.

A stand-in takes the place of a Qdrant server: it answers the same requests over the same protocols, REST and gRPC; see
there for what differs. It can't show that a server keeps what it acknowledged, so `flush` is only tested on the
embedded engine.
"""

from dataclasses import replace

import numpy as np
import pytest

from services.ids import new_id
from services.retrieval.embedders.embedder import PassageVectors
from services.retrieval.index.index import Index, Query
from tests.retrieval.index.index_contract import (
    EMBEDDER,
    ENCODER,
    add,
    entry,
    found,
    lexical,
    query,
)
from tests.retrieval.word_embedder import WordEmbedder

HALF_PRECISION = 5e-4
"""An engine may store numbers with eleven digits, binary ones."""


async def test_every_candidate_has_every_signal(index: Index) -> None:
    keys, weather = await add(index, "bot_a", "v1", "Rotate the secret key. It gets a new one.", "Rain falls in Paris.")
    candidates = await index.candidates("bot_a", [await query("rotate the key")], 10)
    assert candidates.ids == tuple(sorted([keys, weather]))
    signals = candidates.signals[0]
    assert signals.vector is not None
    assert signals.sentence is not None
    by_id = {one: place for place, one in enumerate(candidates.ids)}
    assert signals.lexical[by_id[keys]] > 0
    assert signals.lexical[by_id[weather]] == 0
    assert signals.vector[by_id[keys]] > signals.vector[by_id[weather]]
    question = await EMBEDDER.embed_query("rotate the key")
    best = (await EMBEDDER.embed_passages(["Rotate the secret key", "It gets a new one."]) @ question).max()
    assert signals.sentence[by_id[keys]] == pytest.approx(best, abs=HALF_PRECISION)


async def test_several_queries_share_their_candidates(index: Index) -> None:
    await add(index, "bot_a", "v1", *(f"Filler number {number} about {number}." for number in range(30)))
    cats, dogs = await add(index, "bot_a", "v2", "Cats purr loudly.", "Dogs bark loudly.")
    candidates = await index.candidates("bot_a", [await query("cats purr"), await query("dogs bark")], 1)
    assert {cats, dogs} <= set(candidates.ids)
    assert len(candidates.signals) == 2
    assert all(len(signals.lexical) == len(candidates.ids) for signals in candidates.signals)


async def test_no_chatbot_sees_anything_of_another(index: Index) -> None:
    mine = await add(index, "bot_a", "v1", "The office opens at nine.")
    theirs = await add(index, "bot_b", "v2", "The office opens at ten.")
    vector = await EMBEDDER.embed_query("When does the office open?")
    await index.add_question("bot_b", "qa_version", new_id("qa"), {"": vector})
    assert await found(index, "bot_a", "office opens") == set(mine)
    assert await found(index, "bot_b", "office opens") == set(theirs)
    assert await found(index, "bot_", "office opens") == set()
    assert await index.sentences("bot_a", theirs) == {}
    assert await index.nearest_questions("bot_a", vector, 5) == []


async def test_words_are_weighed_by_the_chatbots_own_passages(index: Index) -> None:
    await add(index, "bot_a", "v1", "Invoices are sent monthly.", "Refunds take a week.")
    before = lexical(await index.candidates("bot_a", [await query("invoices")], 10))
    words = ENCODER.query("invoices").words
    rarity = await index.rarity("bot_a", words)
    await add(index, "bot_b", "v2", *(f"Invoices, invoices, page {number}." for number in range(20)))
    assert lexical(await index.candidates("bot_a", [await query("invoices")], 10)) == before
    assert await index.rarity("bot_a", words) == rarity


async def test_narrowing_to_candidates_does_not_change_their_keyword_scores(index: Index) -> None:
    await add(index, "bot_a", "v1", *(f"Common words and number{number}." for number in range(12)))
    wide = lexical(await index.candidates("bot_a", [await query("common number3")], 100))
    narrow = lexical(await index.candidates("bot_a", [await query("common number3")], 1))
    assert narrow
    assert len(narrow) < len(wide)
    assert all(score == pytest.approx(wide[one]) for one, score in narrow.items())


async def test_looking_ahead_changes_no_answer(index: Index) -> None:
    await add(index, "bot_a", "v1", *(f"Filler number {number} about keys." for number in range(12)))
    # Words in many passages and in none, the same words twice, and no words at all.
    queries = [await query(text) for text in ("rotate keys", "unheard zyx", "keys rotate", "the")]
    words = sorted({word for one in queries for word in one.words.words})
    for text in ("Rotate the secret key.", "A key can be rotated."):
        for with_rarity in (True, False):
            await index.look_ahead("bot_a", [one.words for one in queries], 20, with_rarity=with_rarity)
        before = await index.rarity("bot_a", words)
        # What is written from here on is found all the same, and told as rare as it is.
        added = (await add(index, "bot_a", f"v2 {text}", text))[0]
        for with_rarity in (True, False):
            rarity, without = await index.rarity("bot_a", words), await index.candidates("bot_a", queries, 20)
            await index.look_ahead("bot_a", [one.words for one in queries], 20, with_rarity=with_rarity)
            found = await index.candidates("bot_a", queries, 20)
            assert rarity != pytest.approx(before)
            assert added in found.ids == without.ids
            assert await index.rarity("bot_a", words) == pytest.approx(rarity)
            for one, other in zip(found.signals, without.signals, strict=True):
                np.testing.assert_allclose(one.lexical, other.lexical, atol=1e-6)
            assert lexical(found)[added] > max(lexical(found)[one] for one in found.ids) * 0.7


async def test_rarer_words_weigh_more_and_unknown_ones_most(index: Index) -> None:
    await add(index, "bot_a", "v1", "apple banana", "apple cherry", "apple date")
    words = [ENCODER.query(word).words[0] for word in ("apple", "banana", "zebra")]
    common, rare, unknown = await index.rarity("bot_a", words)
    assert 0 < common < rare < unknown
    assert await index.rarity("bot_a", []) == []


async def test_questions_are_found_by_meaning_alone_and_in_order(index: Index) -> None:
    await add(index, "bot_a", "v1", "How do I reset my password?")
    ids = [new_id("qa"), new_id("qa")]
    questions = ["How do I reset my password?", "How do I change my address?"]
    assert not await index.nearest_questions("bot_a", await EMBEDDER.embed_query(questions[1]), 5)
    for one, question in zip(ids, questions, strict=True):
        await index.add_question("bot_a", one, one, {"": await EMBEDDER.embed_query(question)})
    nearest = await index.nearest_questions("bot_a", await EMBEDDER.embed_query(questions[1]), 5)
    assert [one for one, _ in nearest] == [ids[1], ids[0]]
    assert nearest[0][1] == pytest.approx(1.0, abs=1e-5)
    assert all(not one.startswith("qa_") for one in await found(index, "bot_a", "password"))
    await index.remove([ids[1]])
    assert [one for one, _ in await index.nearest_questions("bot_a", await EMBEDDER.embed_query("x"), 5)] == [ids[0]]


async def test_sentence_vectors_come_back_as_they_went_in(index: Index) -> None:
    one = await entry("First sentence. Second sentence. Third one.")
    await index.add_passages("bot_a", "v1", [one])
    assert one.sentences is not None
    rows = (await index.sentences("bot_a", [one.id, new_id("psg")]))[one.id]
    np.testing.assert_allclose(rows, one.sentences, atol=HALF_PRECISION)


async def test_an_empty_index_answers_everything_with_nothing(index: Index) -> None:
    candidates = await index.candidates("bot_a", [await query("anything"), await query("else")], 10)
    assert candidates.ids == ()
    assert [len(signals.lexical) for signals in candidates.signals] == [0, 0]
    assert await index.versions() == {}
    assert await index.sentences("bot_a", []) == {}
    await index.add_passages("bot_a", "v1", [])
    await index.remove([])


async def test_a_query_without_known_words_ranks_by_meaning(index: Index) -> None:
    await add(index, "bot_a", "v1", "Something here.")
    candidates = await index.candidates("bot_a", [await query("of the and")], 10)
    assert candidates.signals[0].lexical.tolist() == [0.0]


async def test_an_index_without_vectors_ranks_by_words(wordless: Index) -> None:
    one, other = await entry("Parking is free.", vectors=False), await entry("Dogs bark.", vectors=False)
    await wordless.add_passages("bot_a", "v1", [one, other])
    candidates = await wordless.candidates("bot_a", [await query("free parking", vectors=False)], 10)
    assert candidates.ids == (one.id,)
    assert candidates.signals[0].vector is None
    assert candidates.signals[0].sentence is None


async def test_the_same_content_gives_the_same_answer(index: Index) -> None:
    await add(index, "bot_a", "v1", *("Exactly the same text." for _ in range(5)))
    answers = [await index.candidates("bot_a", [await query("same text")], 10) for _ in range(3)]
    assert answers[0].ids == tuple(sorted(answers[0].ids))
    assert {answer.ids for answer in answers} == {answers[0].ids}


async def test_vectors_of_another_embedder_have_a_space_of_their_own(index: Index) -> None:
    other = WordEmbedder("other", 32)
    for _ in range(2):
        await index.ensure_space("e5", other.dimension)
    text = "Die Hütte ist im Winter zu. Sie öffnet im Mai."
    rows = await other.embed_passages(["Die Hütte ist im Winter zu.", "Sie öffnet im Mai."])
    mine = replace(await entry(text, vectors=False), further={"e5": PassageVectors(rows[0], rows)})
    both = replace(await entry("The hut opens in May."), further={"e5": PassageVectors(rows[1], rows[1:])})
    await index.add_passages("bot_a", "v1", [mine, both])
    question = Query(ENCODER.query("Mai"), await other.embed_query("Sie öffnet im Mai."), "e5")
    (signals,) = (found := await index.candidates("bot_a", [question], 5)).signals
    assert signals.sentence is not None
    assert set(found.ids) == {mine.id, both.id}
    assert signals.sentence == pytest.approx([1.0, 1.0], abs=2e-3)
    assert {one: len(of_one) for one, of_one in (await index.sentences("bot_a", found.ids, "e5")).items()} == {
        mine.id: 2,
        both.id: 1,
    }
    assert set(await index.sentences("bot_a", found.ids)) == {both.id}
    assert {one: held.has_vector for one, held in (await index.entries("bot_a")).items()} == {
        mine.id: False,
        both.id: True,
    }
    assert all(held.has_vector for held in (await index.entries("bot_a", "e5")).values())
    pair = new_id("qa")
    await index.add_question("bot_a", pair, pair, {"e5": rows[0]})
    assert await index.nearest_questions("bot_a", await EMBEDDER.embed_query("x"), 5) == []
    assert [one for one, _ in await index.nearest_questions("bot_a", rows[0], 5, "e5")] == [pair]
