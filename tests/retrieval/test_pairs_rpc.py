"""Question and answer pairs over gRPC: which wording they match, and who removes them."""

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, refused

INVALID = Reason.INVALID_FIELD
NOT_FOUND = Reason.NOT_FOUND


async def add_pair(retrieval: Retrieval, bot: str, question: str, answer: str, **fields: str) -> pb.QaPair:
    request = pb.AddQaPairRequest(question=question, answer=answer, **fields)
    return (await retrieval.pairs(bot).AddQaPair(request)).qa_pair


async def test_a_pair_matches_equal_and_close_wording_only(retrieval: Retrieval) -> None:
    pair = await add_pair(retrieval, "bot_a", "When do you open on Sundays?", "Never.", url="https://example.com/hours")
    for query, similarity in (("when do you open on sundays", 1.0), ("When do you open on Sundays, please?", 0.85)):
        match = (await retrieval.search("bot_a", query)).qa_match
        assert match.pair == pair
        assert match.similarity >= similarity
    for query in ("What is the capital of France?", "Do you ship to Norway on Sundays?"):
        assert not (await retrieval.search("bot_a", query)).HasField("qa_match")
    assert not (await retrieval.search("bot_b", "When do you open on Sundays?")).HasField("qa_match")


async def test_of_two_close_pairs_neither_matches_unless_they_say_the_same(retrieval: Retrieval) -> None:
    await add_pair(retrieval, "bot_a", "How do I cancel my first order today?", "Call us.")
    await add_pair(retrieval, "bot_a", "How do I cancel my second order today?", "Write to us.")
    query = "How do I cancel my order today?"
    assert not (await retrieval.search("bot_a", query)).HasField("qa_match")
    await add_pair(retrieval, "bot_a", "How do I cancel my second order today?", "Call us.")
    assert (await retrieval.search("bot_a", query)).qa_match.pair.answer == "Call us."


async def test_a_question_asked_again_gets_the_new_answer(retrieval: Retrieval) -> None:
    first = await add_pair(retrieval, "bot_a", "Do you ship?", "Yes.")
    second = await add_pair(retrieval, "bot_a", "do you SHIP", "No.", title="Shipping")
    assert second.id == first.id
    listed = (await retrieval.pairs("bot_a").ListQaPairs(pb.ListQaPairsRequest())).qa_pairs
    assert [(pair.question, pair.answer, pair.title) for pair in listed] == [("do you SHIP", "No.", "Shipping")]


async def test_a_removed_pair_matches_no_more_and_strangers_can_not_remove_it(retrieval: Retrieval) -> None:
    pair = await add_pair(retrieval, "bot_a", "Do you ship?", "Yes.")
    got = pb.GetQaPairRequest(qa_pair_id=pair.id)
    assert (await retrieval.pairs("bot_a").GetQaPair(got)).qa_pair == pair
    await refused(retrieval.pairs("bot_b").GetQaPair(got), NOT_FOUND)
    await refused(retrieval.pairs("bot_a").GetQaPair(pb.GetQaPairRequest(qa_pair_id="qa_\x00")), NOT_FOUND)
    request = pb.RemoveQaPairRequest(qa_pair_id=pair.id)
    await refused(retrieval.pairs("bot_b").RemoveQaPair(request), NOT_FOUND)
    await refused(retrieval.pairs("bot_a").RemoveQaPair(pb.RemoveQaPairRequest(qa_pair_id="qa_\x00")), NOT_FOUND)
    await retrieval.pairs("bot_a").RemoveQaPair(request)
    await refused(retrieval.pairs("bot_a").RemoveQaPair(request), NOT_FOUND)
    assert not (await retrieval.search("bot_a", "Do you ship?")).HasField("qa_match")


@for_each(
    "fields",
    [
        {"question": " "},
        {"question": "q" * 2001},
        {"answer": ""},
        {"answer": "a\x00b"},
        {"answer": "a" * 8001},
        {"url": "file:a.md"},
        {"url": "nonsense"},
        {"title": "t" * 501},
    ],
)
async def test_a_wrong_pair_is_refused(retrieval: Retrieval, fields: dict[str, str]) -> None:
    request = pb.AddQaPairRequest(**{"question": "q?", "answer": "a", **fields})
    await refused(retrieval.pairs("bot_a").AddQaPair(request), INVALID)


async def test_pairs_come_in_pages_oldest_first(retrieval: Retrieval) -> None:
    for number in range(3):
        await add_pair(retrieval, "bot_a", f"Question {number}?", "Answer.")
    page = await retrieval.pairs("bot_a").ListQaPairs(pb.ListQaPairsRequest(page_size=2))
    rest = await retrieval.pairs("bot_a").ListQaPairs(pb.ListQaPairsRequest(page_token=page.next_page_token))
    assert [pair.question for pair in (*page.qa_pairs, *rest.qa_pairs)] == [f"Question {n}?" for n in range(3)]
    assert not rest.next_page_token
