"""Search over gRPC: order, limits, conversations, pairs, and no embedder."""

from pathlib import Path
from typing import Any

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, refused, serving
from tests.retrieval.word_embedder import WordEmbedder

INVALID = Reason.INVALID_FIELD
NOT_FOUND = Reason.NOT_FOUND


def long_page(topic: str, sections: int) -> str:
    text = f"The {topic} is explained here in more words than a tiny section has, so that each {topic} stands alone."
    return f"# About {topic}\n\n" + "\n\n".join(
        f"## Part {number}\n\n{text} Twice. {text}" for number in range(sections)
    )


async def test_at_most_three_passages_of_one_page(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", long_page("warranty", 12), "long.md")
    await retrieval.add("bot_a", "# Short\n\nThe warranty of lamps.", "short.md")
    passages = (await retrieval.search("bot_a", "warranty", limit=4)).passages
    assert [passage.title for passage in passages].count("About warranty") == 3
    assert [passage.title for passage in passages].count("Short") == 1


async def test_as_many_come_as_are_asked_for_though_the_nearest_are_all_of_three_pages(retrieval: Retrieval) -> None:
    for number in range(3):
        await retrieval.add("bot_a", long_page("warranty", 18), f"long{number}.md")
    rest = "Lamps, chairs and tables of oak are made in our own workshop by the river, and sent within a week. "
    for number in range(41):
        await retrieval.add("bot_a", f"{rest * 3}Number {number} has a warranty.", f"{number}.txt")
    assert len((await retrieval.search("bot_a", "warranty", limit=50)).passages) == 50


async def test_results_are_ordered_limited_and_the_same_every_time(retrieval: Retrieval) -> None:
    for number in range(12):
        await retrieval.add("bot_a", "Returns are accepted for thirty days.", f"{number}.txt")
    responses = [await retrieval.search("bot_a", "returns", limit=5) for _ in range(3)]
    assert len(responses[0].passages) == 5
    assert len((await retrieval.search("bot_a", "returns")).passages) == 8
    assert responses[0] == responses[1] == responses[2]
    fused = [passage.scores.fused for passage in responses[0].passages]
    assert fused == sorted(fused, reverse=True)


async def test_equal_scores_stand_in_the_order_of_their_urls(retrieval: Retrieval) -> None:
    for number in (4, 1, 5, 0, 3, 2):
        await retrieval.add("bot_a", "Returns are accepted.", f"{number}.txt", title="Returns")
    urls = [passage.url for passage in (await retrieval.search("bot_a", "returns")).passages]
    assert urls == [f"file:{number}.txt" for number in range(6)]


async def test_a_follow_up_is_understood_by_what_was_said_before(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", "# Passport\n\nThe passport fee is forty euros at the counter.", "passport.md")
    await retrieval.add("bot_a", "# Licence\n\nThe licence fee is twenty euros at the counter.", "licence.md")
    question = "How much is the fee at the counter?"
    for topic in ("passport", "licence"):
        turns = [f"Hello, I want to renew my {topic}"]
        response = await retrieval.search("bot_a", question, previous_user_turns=turns, include_sentences=True)
        assert response.passages[0].title.lower() == topic
        best = response.passages[0]
        assert best.scores.sentence == pytest.approx(max(one.vector for one in best.sentences), abs=1e-3)


async def test_very_long_conversations_do_not_push_the_question_out(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", "# Lost\n\nLost keys are replaced for a fee.", "lost.md")
    await retrieval.add("bot_a", "# Garden\n\nThe garden is open to everyone.", "garden.md")
    turns = ["Tell me about the garden " * 80] * 30
    passages = (await retrieval.search("bot_a", "Who replaces lost keys?", previous_user_turns=turns)).passages
    assert passages[0].title == "Lost"


@for_each(
    "fields",
    [{"query": ""}, {"query": "  \n"}, {"query": "x" * 2001}, {"query": "x", "limit": 51}, {"query": "x", "limit": -1}],
)
async def test_a_wrong_query_is_refused(retrieval: Retrieval, fields: dict[str, Any]) -> None:
    await refused(retrieval.searcher("bot_a").Search(pb.SearchRequest(**fields)), INVALID)


@for_each(
    "query", ["?!?", "the of and", "\U0001f511" * 2000, "日本語の質問", "a" * 2000, "\u0000\ufffd", "' OR 1=1 --"]
)
async def test_any_other_query_is_answered(retrieval: Retrieval, query: str) -> None:
    await retrieval.add("bot_a", "Keys are replaced for a fee.", "keys.txt")
    await retrieval.search("bot_a", query, include_sentences=True, previous_user_turns=[query])


async def test_text_of_other_languages_is_found_by_its_words(tmp_path: Path, signer: TokenSigner) -> None:
    texts = {
        "de.txt": "Die Rückgabe ist dreißig Tage möglich.",
        "ja.txt": "返品は三十日以内に可能です。駐車場は無料です。",
        "fr.txt": "Le stationnement est gratuit.",
    }
    async with serving(tmp_path, signer, None) as retrieval:
        for name, text in texts.items():
            await retrieval.add("bot_a", text, name)
        for query, name in (("Ruckgabe", "de.txt"), ("駐車場", "ja.txt"), ("stationnement gratuit?", "fr.txt")):
            assert (await retrieval.search("bot_a", query)).passages[0].title == name


async def test_without_an_embedder_words_alone_rank(tmp_path: Path, signer: TokenSigner) -> None:
    async with serving(tmp_path, signer, None) as retrieval:
        await retrieval.add("bot_a", "# Lost\n\nLost keys are replaced for a fee.", "lost.md")
        await retrieval.add("bot_a", "# Garden\n\nThe garden is open.", "garden.md")
        response = await retrieval.search("bot_a", "Who replaces lost keys?", include_sentences=True)
        assert [passage.title for passage in response.passages] == ["Lost"]
        scores, sentence = response.passages[0].scores, response.passages[0].sentences[0]
        assert not scores.HasField("vector")
        assert not scores.HasField("sentence")
        assert not sentence.HasField("vector")
        assert sentence.lexical == pytest.approx(1.0)
        await retrieval.pairs("bot_a").AddQaPair(pb.AddQaPairRequest(question="Who are you?", answer="A bot."))
        assert (await retrieval.search("bot_a", "who are YOU")).qa_match.similarity == 1.0


async def test_an_embedder_that_fails_leaves_the_search_by_words(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    await retrieval.add("bot_a", "# Lost\n\nLost keys are replaced.", "lost.md")
    embedder.broken = True
    passages = (await retrieval.search("bot_a", "lost keys", include_sentences=True)).passages
    assert passages[0].title == "Lost"
    assert not passages[0].scores.HasField("vector")
    text = await refused(retrieval.add("bot_a", "New text.", "new.txt"), Reason.UNAVAILABLE)
    assert "try again" in text
    embedder.broken = False
    assert not (await retrieval.add("bot_a", "New text.", "new.txt")).unchanged
