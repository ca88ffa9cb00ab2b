"""Every failure of an answer, and its price: nothing before the first token, then a credit."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest
from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.answerers.answerer import Citations
from services.chat.clients.downstream import Patience
from services.chat.store.turns import TurnStore
from services.errors import ChatmountError, Reason, Text
from services.rpc import links
from tests.waiting import PATIENCE, until

from .chat_harness import KEY, PATIENT, QUICK, Chat, refusal_of, until_turns
from .conftest import Serving
from .faults import down
from .scripted_neighbours import ScriptedAnswerer, passage

UNAVAILABLE, INTERNAL = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL


async def failure(chat: Chat, *, stream: bool) -> grpc.aio.AioRpcError:
    """The status of a request that fails before anything was sent."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await (chat.events() if stream else chat.ask())
    return caught.value


@pytest.fixture
async def patient(serving: Serving, answerer: ScriptedAnswerer) -> AsyncIterator[Chat]:
    """Whose tries do not end because a machine is busy."""
    async with serving(answerer, PATIENT) as running:
        yield running


both = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])


@both
async def test_used_up_credits_are_said_with_the_time_to_wait(chat: Chat, stream: bool) -> None:
    chat.quota.credits = 0
    error = await failure(chat, stream=stream)
    assert (refusal_of(error).reason, refusal_of(error).retry_after) == (Reason.MONTH_LIMIT, 86400)
    metadata = dict(error.trailing_metadata() or ())
    assert (metadata["x-ratelimit-reason"], metadata["retry-after"]) == ("month", "86400")
    assert chat.answerer.questions == []
    await chat.nothing_is_left()


@both
async def test_used_up_credits_are_said_even_when_the_search_fails(chat: Chat, stream: bool) -> None:
    chat.quota.credits = 0
    chat.retrieval.faults.fail("Search", down())
    assert refusal_of(await failure(chat, stream=stream)).reason == Reason.MONTH_LIMIT


async def test_a_refused_credit_stops_the_search(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "GRACE_SECONDS", 0.1)
    chat.quota.credits = 0
    chat.retrieval.faults.hang("Search", asyncio.Event())
    await failure(chat, stream=False)
    await until(lambda: chat.retrieval.cancelled == 1)


@both
@pytest.mark.parametrize("name", ["quota", "retrieval"])
async def test_a_service_that_is_down_is_503_at_once_and_costs_nothing(chat: Chat, stream: bool, name: str) -> None:
    await getattr(chat, name).stop()
    began = time.monotonic()
    error = await failure(chat, stream=stream)
    assert error.code() == UNAVAILABLE
    assert time.monotonic() - began < 10
    assert dict(error.trailing_metadata() or ())["retry-after"] == "1"
    assert (chat.answerer.questions, len(chat.quota.states)) == ([], name == "retrieval")
    await chat.nothing_is_left()


@both
@pytest.mark.parametrize("method", ["Reserve", "Search"])
async def test_a_service_that_hangs_ends_in_a_deadline_not_in_a_hang(
    serving: Serving, answerer: ScriptedAnswerer, stream: bool, method: str
) -> None:
    async with serving(answerer, replace(QUICK, **{method.lower(): Patience(deadline=1.5)})) as chat:
        faults = chat.quota.faults if method == "Reserve" else chat.retrieval.faults
        faults.hang(method, asyncio.Event())
        error = await failure(chat, stream=stream)
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        await chat.nothing_is_left()


@pytest.mark.parametrize("method", ["Reserve", "Search", "Settle"])
async def test_one_lost_call_is_tried_again(patient: Chat, method: str) -> None:
    faults = patient.retrieval.faults if method == "Search" else patient.quota.faults
    faults.fail(method, down(), times=1)
    assert (await patient.ask()).message == "Within 14 days."
    assert (patient.quota.charged, faults.calls[method]) == (1, 2)


async def test_a_service_that_comes_back_is_found_again(chat: Chat) -> None:
    for server in (chat.quota, chat.retrieval):
        await chat.ask()
        await server.stop()
        await failure(chat, stream=False)
        await server.start()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                await chat.ask()
                break
            except grpc.aio.AioRpcError:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)


@both
async def test_a_settle_that_never_succeeds_is_503_and_charges_nothing(chat: Chat, stream: bool) -> None:
    chat.quota.faults.fail("Settle", down())
    error = await failure(chat, stream=stream)
    assert error.code() == UNAVAILABLE
    await chat.nothing_is_left()


@both
async def test_a_settle_whose_replies_get_lost_is_refunded(chat: Chat, stream: bool) -> None:
    chat.quota.faults.lose_reply("Settle", times=100)
    await failure(chat, stream=stream)
    await chat.nothing_is_left()
    assert list(chat.quota.states.values()) == ["released"]


@both
async def test_a_settle_whose_reply_gets_lost_once_charges_once(patient: Chat, stream: bool) -> None:
    patient.quota.faults.lose_reply("Settle")
    await (patient.events() if stream else patient.ask())
    assert patient.quota.charged == 1


@both
async def test_a_ledger_that_is_restarted_between_reserve_and_settle_is_waited_for(
    patient: Chat, answerer: ScriptedAnswerer, stream: bool
) -> None:
    gate = asyncio.Event()
    answerer.script = (gate, "Here.", Citations((1,)))
    asking = asyncio.create_task(patient.events() if stream else patient.ask())
    await until(lambda: answerer.running)
    await patient.quota.stop()
    gate.set()
    await asyncio.sleep(0.2)
    await patient.quota.start()
    await asking
    assert patient.quota.charged == 1


async def test_a_release_goes_on_until_the_ledger_is_back(chat: Chat, answerer: ScriptedAnswerer) -> None:
    answerer.script = (ValueError("secret inside"),)
    chat.quota.faults.fail("Release", down(), times=10)
    await failure(chat, stream=False)
    await chat.nothing_is_left()
    assert chat.quota.faults.calls["Release"] == 11


@both
async def test_a_reservation_that_expired_meanwhile_is_replaced(
    chat: Chat, answerer: ScriptedAnswerer, stream: bool
) -> None:
    gate = asyncio.Event()
    answerer.script = (gate, "Late.", Citations((1,)))
    asking = asyncio.create_task(chat.events() if stream else chat.ask())
    await until(lambda: answerer.running)
    chat.quota.expire_all()
    gate.set()
    await asking
    assert sorted(chat.quota.states.values()) == ["expired", "settled"]


@both
async def test_an_answerer_that_fails_before_the_first_token_is_an_error_status_and_free(
    chat: Chat, answerer: ScriptedAnswerer, stream: bool
) -> None:
    answerer.script = (ValueError("postgres://user:secret@host/path"),)
    error = await failure(chat, stream=stream)
    assert (error.code(), error.details()) == (INTERNAL, Text.INTERNAL.template)
    await chat.nothing_is_left()
    answerer.script = (ChatmountError(Reason.OVERLOADED, "Too much to do.", retry_after=7),)
    error = await failure(chat, stream=stream)
    assert (error.code(), error.details()) == (UNAVAILABLE, "Too much to do.")
    assert dict(error.trailing_metadata() or ())["retry-after"] == "7"
    await chat.nothing_is_left()


@pytest.mark.parametrize("tokens", [1, 2, 5])
async def test_a_stream_that_fails_midway_ends_with_one_error_event_and_costs_one(
    chat: Chat, answerer: ScriptedAnswerer, tokens: int
) -> None:
    answerer.script = (*[f"t{n} " for n in range(tokens)], ValueError("/etc/secret"))
    events = await chat.events(session_id="s")
    assert [event.type for event in events] == ["token"] * tokens + ["error"]
    assert events[-1].error == Text.INTERNAL.template
    assert chat.quota.charged == 1
    await until(lambda: answerer.running == 0)
    await until_turns(chat, 1)
    (turn,) = await chat.turns("s")
    assert turn.broken_off
    assert turn.answer == "".join(f"t{n} " for n in range(tokens))


@pytest.mark.parametrize("tokens", [1, 5])
async def test_a_unary_answer_that_fails_midway_is_an_error_and_free(
    chat: Chat, answerer: ScriptedAnswerer, tokens: int
) -> None:
    answerer.script = (*["t"] * tokens, ChatmountError(Reason.TOO_SLOW, "Too slow."))
    error = await failure(chat, stream=False)
    assert (error.code(), error.details()) == (grpc.StatusCode.DEADLINE_EXCEEDED, "Too slow.")
    await chat.nothing_is_left()


async def test_a_fault_of_ours_downstream_does_not_become_the_users(chat: Chat) -> None:
    for reason in (Reason.INVALID_TOKEN, Reason.NOT_FOUND):
        chat.retrieval.faults.heal()
        chat.retrieval.faults.fail("Search", ChatmountError(reason, "inner text"))
        error = await failure(chat, stream=False)
        assert (error.code(), error.details()) == (INTERNAL, Text.INTERNAL.template)
    await chat.nothing_is_left()


async def test_a_turn_that_can_not_be_stored_does_not_spoil_the_answer(
    chat: Chat, answerer: ScriptedAnswerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(TurnStore, "append", full)
    assert [event.type for event in await chat.events()][-1] == "done"
    assert chat.quota.charged == 1


async def test_a_stop_waits_for_releases_and_turns(serving: Serving) -> None:
    async with serving(ScriptedAnswerer(ValueError())) as chat:
        chat.quota.faults.fail("Release", down(), times=5)
        await failure(chat, stream=False)
        assert chat.quota.held == 1
    assert (chat.quota.held, chat.quota.charged) == (0, 0)


async def test_a_passage_without_url_is_never_shown(chat: Chat) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("Text.", url="")])
    assert len((await chat.ask(principal=KEY)).sources.values) == 0
