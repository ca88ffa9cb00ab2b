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
from services.errors import Reason
from services.rpc import links
from tests.waiting import PATIENCE, until

from .callers import KEY
from .chat_harness import PATIENT, QUICK, Chat, refusal_of
from .conftest import Serving
from .failing import UNAVAILABLE, both, failure
from .faults import down
from .scripted_neighbours import ScriptedAnswerer, passage


@pytest.fixture
async def patient(serving: Serving, answerer: ScriptedAnswerer) -> AsyncIterator[Chat]:
    """Whose tries do not end because a machine is busy."""
    async with serving(answerer, PATIENT) as running:
        yield running


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


async def test_a_stop_waits_for_releases_and_turns(serving: Serving) -> None:
    async with serving(ScriptedAnswerer(ValueError())) as chat:
        chat.quota.faults.fail("Release", down(), times=5)
        await failure(chat, stream=False)
        assert chat.quota.held == 1
    assert (chat.quota.held, chat.quota.charged) == (0, 0)


async def test_a_passage_without_url_is_never_shown(chat: Chat) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("Text.", url="")])
    assert len((await chat.ask(principal=KEY)).sources.values) == 0
