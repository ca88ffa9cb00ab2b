"""How a chatbot speaks, over gRPC."""

import math
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.abstention import DEFAULT_THRESHOLD
from services.chat.answerers.answerer import ModelWishes
from services.chat.profile import DEFAULT_FALLBACK
from services.errors import Reason
from services.trust.principal import Principal
from tests.each import for_each

from .callers import KEY, OPERATOR, OTHER_OPERATOR
from .chat_harness import Chat, refusal_of, refused
from .scripted_neighbours import passage


async def update(chat: Chat, principal: Principal = OPERATOR, **fields: object) -> chat_pb2.Profile:
    stub = chat_pb2_grpc.ChatbotProfileServiceStub(chat.channel)
    request = chat_pb2.UpdateProfileRequest(**fields)  # type: ignore[arg-type]
    return (await stub.UpdateProfile(request, metadata=chat.metadata(principal))).profile


async def profile(chat: Chat, principal: Principal = OPERATOR) -> chat_pb2.Profile:
    stub = chat_pb2_grpc.ChatbotProfileServiceStub(chat.channel)
    return (await stub.GetProfile(chat_pb2.GetProfileRequest(), metadata=chat.metadata(principal))).profile


async def test_a_new_chatbot_has_the_defaults(chat: Chat) -> None:
    found = await profile(chat)
    assert (found.instructions, found.fallback, found.abstention_threshold) == ("", DEFAULT_FALLBACK, DEFAULT_THRESHOLD)


async def test_a_change_holds_at_once_and_for_this_chatbot_alone(chat: Chat) -> None:
    chat.retrieval.found.passages[0].CopyFrom(passage("Unsure.", cosine=0.5))
    assert (await chat.ask()).message == "Within 14 days."
    await update(chat, abstention_threshold=0.6, fallback="Ask the staff.", instructions="Be kind.")
    assert (await chat.ask()).message == "Ask the staff."
    await update(chat, abstention_threshold=0.0)
    await chat.ask()
    assert chat.answerer.questions[-1].instructions == "Be kind."
    assert (await profile(chat, OTHER_OPERATOR)).fallback == DEFAULT_FALLBACK


async def test_what_a_chatbot_wants_of_a_model_reaches_the_answerer_until_it_is_taken_back(chat: Chat) -> None:
    await update(chat, model=" big ", temperature=0.0, answer_tokens=99)
    await chat.ask()
    assert chat.answerer.questions[-1].wishes == ModelWishes("big", 0.0, 99)
    changed = await update(chat, model="", temperature=-1.0, answer_tokens=0)
    assert (changed.model, changed.HasField("temperature"), changed.HasField("answer_tokens")) == ("", False, False)
    await chat.ask()
    assert chat.answerer.questions[-1].wishes == ModelWishes()


async def test_an_empty_fallback_is_the_default_text(chat: Chat) -> None:
    await update(chat, fallback="No.")
    assert (await update(chat, fallback="  ")).fallback == DEFAULT_FALLBACK


@for_each(
    "fields",
    [
        {"instructions": "x" * 8001},
        {"fallback": "x" * 2001},
        {"abstention_threshold": -0.01},
        {"abstention_threshold": 1.01},
        {"abstention_threshold": math.nan},
        {"abstention_threshold": math.inf},
        {"model": "x" * 201},
        {"model": "a\nb"},
        {"temperature": 2.1},
        {"temperature": -0.5},
        {"temperature": math.nan},
        {"answer_tokens": 15},
        {"answer_tokens": -1},
        {"answer_tokens": 100_001},
    ],
)
async def test_a_value_out_of_range_is_refused_and_changes_nothing(chat: Chat, fields: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await update(chat, **fields)
    assert refusal_of(caught.value).reason == Reason.INVALID_FIELD
    assert next(iter(fields)) in refusal_of(caught.value).text
    assert (await profile(chat)).abstention_threshold == DEFAULT_THRESHOLD


async def test_the_longest_texts_are_kept(chat: Chat) -> None:
    changed = await update(chat, instructions="é" * 8000, fallback="🚲" * 2000)
    assert (len(changed.instructions), len(changed.fallback)) == (8000, 2000)


async def test_a_key_may_not_change_how_its_chatbot_speaks(chat: Chat) -> None:
    assert await refused(update(chat, KEY, fallback="pwned")) == Reason.ROLE_NOT_ALLOWED
