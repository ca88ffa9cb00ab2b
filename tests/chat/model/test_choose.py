import pytest

from services.chat.answerers.choose import choose_answers
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from services.config.settings import load_settings

from .model_harness import question
from .scripted_provider import ScriptedProvider
from .scripted_replies import refusal


def environment(provider: ScriptedProvider, **more: str) -> dict[str, str]:
    named = {f"CHATMOUNT_LLM_{name}": value for name, value in more.items()}
    return {"CHATMOUNT_LLM_URL": provider.url, "CHATMOUNT_LLM_MODEL": "m", **named}


def test_without_a_model_answers_are_extractive() -> None:
    answers = choose_answers(load_settings({}).llm)
    assert isinstance(answers.answerer, ExtractiveAnswerer)
    assert answers.follow_ups is None


async def said(settings: dict[str, str]) -> str:
    answers = choose_answers(load_settings(settings).llm)
    try:
        return "".join([getattr(part, "text", "") async for part in answers.answerer.answer(question())])
    finally:
        await answers.close()


async def test_with_one_it_writes_them(provider: ScriptedProvider) -> None:
    given = environment(provider, API_KEY="sk-x", ANSWER_TOKENS="99", TEMPERATURE="0.3")
    assert await said(given) == "Within 14 days."
    (request,) = provider.requests
    assert (request.body["max_tokens"], request.body["temperature"]) == (99, 0.3)
    assert request.headers["authorization"] == "Bearer sk-x"


async def test_while_it_is_down_the_second_one_writes_them(provider: ScriptedProvider) -> None:
    given = environment(provider, FALLBACK_URL=provider.url, FALLBACK_MODEL="n")
    given["CHATMOUNT_LLM_URL"] = "http://127.0.0.1:1/v1"
    assert await said(given) == "Within 14 days."
    assert provider.requests[0].body["model"] == "n"


async def test_while_all_are_down_the_sources_answer_by_setting(provider: ScriptedProvider) -> None:
    provider.script = refusal(500)
    assert await said(environment(provider, WHEN_DOWN="extractive")) != ""
    with pytest.raises(Exception, match="temporarily unavailable"):
        await said(environment(provider, WHEN_DOWN="refuse"))


def test_the_log_tells_who_writes_the_answers_and_no_secret(
    provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    given = environment(provider, FALLBACK_URL="http://user:hunter2@b.example/v1?key=hunter2", FALLBACK_MODEL="n")
    with caplog.at_level("INFO", "chatmount.model"):
        choose_answers(load_settings(given).llm).announce()
        choose_answers(load_settings({}).llm).announce()
    (line,) = caplog.messages
    assert line.startswith(
        f"answers are written by m at http://127.0.0.1:{provider.port}, else by n at http://b.example"
    )
    assert "hunter2" not in line
