"""What a chatbot says of itself, in its language."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.answerers.model.answer_text import notice
from services.chat.answerers.model.chunk import Finish
from services.chat.own_words import CUT_OFF, FALLBACK, STOPPED
from services.chat.profile import DEFAULT_FALLBACK
from services.languages import NAMES
from tests.each import for_each

from .callers import OPERATOR
from .chat_harness import Chat
from .test_profile import profile, update


def test_every_language_has_words_of_its_own() -> None:
    for words in (FALLBACK, CUT_OFF, STOPPED):
        assert words.keys() == NAMES.keys()
        assert len(set(words.values())) == len(NAMES)


async def test_the_default_fallback_is_said_in_the_language_of_the_chatbot(chat: Chat) -> None:
    chat.retrieval.found = retrieval_pb2.SearchResponse(language="de")
    assert (await chat.ask()).message == FALLBACK["de"]
    assert "".join(event.content for event in await chat.events()) == FALLBACK["de"]
    await update(chat, fallback=DEFAULT_FALLBACK)
    assert (await chat.ask()).message == FALLBACK["de"]
    await update(chat, fallback="Ask the staff.")
    assert (await chat.ask()).message == "Ask the staff."
    assert (await update(chat, fallback="")).fallback == (await profile(chat)).fallback == DEFAULT_FALLBACK


@for_each("default", FALLBACK.values())
async def test_the_default_in_any_language_stands_for_the_chatbots(chat: Chat, default: str) -> None:
    await update(chat, fallback=default)
    chat.retrieval.found = retrieval_pb2.SearchResponse(language="de")
    assert (await chat.ask()).message == FALLBACK["de"]
    stub, request = chat_pb2_grpc.ChatbotProfileServiceStub(chat.channel), chat_pb2.GetProfileRequest(language="ja")
    assert (await stub.GetProfile(request, metadata=chat.metadata(OPERATOR))).said_fallback == FALLBACK["ja"]


async def test_the_answerer_knows_the_language_of_the_chatbot(chat: Chat) -> None:
    chat.retrieval.found.language = "fr"
    await chat.ask()
    asked = chat.answerer.questions[-1]
    assert (asked.language, asked.fallback) == ("fr", FALLBACK["fr"])


def test_an_answer_that_ends_early_says_so_in_the_language_of_the_chatbot() -> None:
    assert notice(Finish.LENGTH, "es", begun=True) == f"… [{CUT_OFF['es']}]"
    assert notice(Finish.FILTERED, "ja", begun=False) == f"[{STOPPED['ja']}]"
    assert notice(Finish.LENGTH, "", begun=False) == f"[{CUT_OFF['en']}]"
