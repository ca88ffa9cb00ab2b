"""Answers that fail before, at and after their first token, and their price."""

import grpc
import pytest

from services.chat.store.turns import TurnStore
from services.errors import ChatmountError, Reason, Text
from tests.waiting import until

from .chat_harness import Chat, until_turns
from .failing import INTERNAL, UNAVAILABLE, both, failure
from .scripted_neighbours import ScriptedAnswerer


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
