"""What operators are told of single requests."""

import asyncio

import grpc
import pytest
from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.answerers.answerer import Citations
from services.errors import ChatmountError, Reason
from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.waiting import until

from .callers import OTHER_OPERATOR
from .chat_harness import Chat, refused
from .conftest import Serving
from .scripted_neighbours import ScriptedAnswerer, passage
from .told_traces import R1, trace, until_known


async def test_a_turn_is_found_by_its_request_with_the_passages_and_their_scores(chat: Chat) -> None:
    first, second = passage("Bikes are returned.", fused=0.9), passage("Other.", url="https://b.example", cosine=0.2)
    first.scores.lexical, first.scores.vector = 3.5, 0.25
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[first, second])
    await chat.ask("How long?", session_id="s", headers=R1)
    known = await trace(chat)
    assert (known["chatbot_id"], known["session_id"]) == ("bot_1", "s")
    assert (known["turn"]["question"], known["turn"]["answer"]) == ("How long?", "Within 14 days.")
    assert known["turn"]["source_urls"] == ["https://a.example/page"]
    details = known["trace"]
    assert (details["credits_used"], details["threshold"], details["closeness"]) == (1, 0.4, 0.9)
    assert details["found_ms"] <= details["first_token_ms"] <= details["total_ms"]
    assert details["passages"][0] == {
        "passage_id": first.id,
        "source_id": first.source_id,
        "url": "https://a.example/page",
        "title": "Page",
        "excerpt": "Bikes are returned.",
        "fused": 0.9,
        "lexical": 3.5,
        "vector": 0.25,
        "sentence": 0.9,
        "cited": True,
    }
    assert "vector" not in details["passages"][1]
    assert "cited" not in details["passages"][1]


async def test_nothing_close_enough_says_so(chat: Chat) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("Other.", cosine=0.2)])
    await chat.ask(headers=R1)
    details = (await trace(chat))["trace"]
    assert (details["maker"], details["closeness"], details["threshold"]) == ("ANSWER_MAKER_FALLBACK", 0.2, 0.4)


async def test_a_pair_that_matched_is_named(chat: Chat) -> None:
    pair = retrieval_pb2.QaPair(id="qa_1", question="How long?", answer="A week.")
    match = retrieval_pb2.QaMatch(pair=pair, similarity=0.97)
    chat.retrieval.found = retrieval_pb2.SearchResponse(qa_match=match)
    await chat.ask(headers=R1)
    details = (await trace(chat))["trace"]
    assert (details["maker"], details["qa_pair_id"], details["qa_similarity"]) == ("ANSWER_MAKER_PAIR", "qa_1", 0.97)


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
async def test_what_failed_before_its_answer_is_known_and_no_turn(
    chat: Chat, answerer: ScriptedAnswerer, stream: bool
) -> None:
    answerer.script = (ChatmountError(Reason.TOO_SLOW, "Slow."),)
    for session in ({"session_id": "s"}, {}):
        with pytest.raises(grpc.aio.AioRpcError):
            await (chat.events(headers=R1, **session) if stream else chat.ask(headers=R1, **session))
    known = await until_known(chat)
    assert known["turn"]["question"] == "How long?"
    assert "answer" not in known["turn"]
    assert (known["trace"]["error"], len(known["trace"]["passages"])) == ("too_slow", 1)
    assert "credits_used" not in known["trace"]
    assert await chat.sessions() == []


async def test_who_left_before_the_first_token_is_known_as_such(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = (asyncio.Event(), "Never.")
    call = asyncio.create_task(chat.ask(headers=R1))
    await until(lambda: answerer.running)
    call.cancel()
    assert (await until_known(chat))["trace"]["error"] == "left"


async def test_what_was_refused_or_found_nothing_to_search_leaves_no_trace(chat: Chat) -> None:
    chat.quota.credits = 0
    with pytest.raises(grpc.aio.AioRpcError):
        await chat.ask(headers=R1)
    chat.quota.credits = 9
    chat.retrieval.faults.fail("Search", ChatmountError(Reason.UNAVAILABLE, "Down."))
    with pytest.raises(grpc.aio.AioRpcError):
        await chat.ask(headers=R1)
    chat.retrieval.faults.heal()
    await chat.ask(headers=(("x-request-id", "r2"),))
    assert await refused(trace(chat)) == Reason.NOT_FOUND


async def test_only_its_own_operators_and_those_of_all_are_told(chat: Chat) -> None:
    await chat.ask("mine", headers=R1, session_id="s")
    assert (await trace(chat, principal=Principal(Role.ROLE_OPERATOR)))["chatbot_id"] == "bot_1"
    assert await refused(trace(chat, principal=OTHER_OPERATOR)) == Reason.NOT_FOUND
    of_account = Principal(Role.ROLE_OPERATOR, "acct_1")
    assert await refused(trace(chat, principal=of_account)) == Reason.ROLE_NOT_ALLOWED


@for_each("request_id", ["", "-", "\0", "r2", "r1 ", "%"])
async def test_what_names_no_request_is_not_found(chat: Chat, request_id: str) -> None:
    await chat.ask(headers=R1)
    await chat.ask()
    assert await refused(trace(chat, request_id)) == Reason.NOT_FOUND


async def test_a_follow_up_in_the_words_it_was_searched_for(serving: Serving) -> None:
    class Worded:
        async def stand_alone(self, question: str, history: object, chatbot_id: str) -> str | None:
            return "And on Sundays, when is it open?" if history else None

    async with serving(ScriptedAnswerer("Noon.", Citations(())), follow_ups=Worded()) as chat:
        await chat.ask("When is it open?", session_id="s", headers=R1)
        await chat.ask("And on Sundays?", session_id="s", headers=(("x-request-id", "r2"),))
        assert "searched_for" not in (await trace(chat))["trace"]
        assert (await trace(chat, "r2"))["trace"]["searched_for"] == "And on Sundays, when is it open?"
