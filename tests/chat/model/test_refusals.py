"""What a provider refuses: for good, for its content, or until it is asked in another way."""

import logging

import pytest

from services.chat.answerers.answerer import ModelWishes, PastTurn
from services.chat.answerers.model.model_answerer import Writing
from services.errors import ChatmountError, Reason, Text

from .model_harness import answered, answerer, outcome, question
from .scripted_provider import ScriptedProvider
from .scripted_replies import Reply, answer, chunk, event, refusal


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "setting"),
    [
        (refusal(301, Location="https://a.example"), "CHATMOUNT_LLM_URL"),
        (refusal(404), "CHATMOUNT_LLM_URL"),
        (refusal(405), "CHATMOUNT_LLM_URL"),
        (refusal(501), "CHATMOUNT_LLM_URL"),
        (Reply((b"<html>Welcome</html>",), headers=(("Content-Type", "text/html"),)), "CHATMOUNT_LLM_URL"),
        (refusal(401), "CHATMOUNT_LLM_API_KEY"),
        (refusal(403), "CHATMOUNT_LLM_API_KEY"),
        (refusal(402, "Insufficient balance"), "CHATMOUNT_LLM_API_KEY"),
        (refusal(429, "You exceeded your current quota", code="insufficient_quota"), "CHATMOUNT_LLM_API_KEY"),
        (refusal(400, "API key not valid. Please pass a valid API key."), "CHATMOUNT_LLM_API_KEY"),
        (refusal(400), "CHATMOUNT_LLM_MODEL"),
        (refusal(404, "The model `m` does not exist", code="model_not_found"), "CHATMOUNT_LLM_MODEL"),
        (refusal(422, "max_tokens: must be at most 512"), "CHATMOUNT_LLM_ANSWER_TOKENS"),
        (Reply((event('{"error":{"code":401,"message":"bad key"}}'),)), "CHATMOUNT_LLM_API_KEY"),
    ],
)
async def test_a_refusal_that_does_not_pass_is_not_tried_again_and_the_log_names_the_setting(
    provider: ScriptedProvider, reply: Reply, setting: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error = (await answered(provider, reply, question(whole=not stream))).refusal
    assert (error.reason, error.text) == (Reason.UNAVAILABLE, Text.MODEL_SETUP.template)
    assert error.retry_after == 60
    assert len(provider.requests) == 1
    assert caplog.messages[-1].endswith(f"; see {setting}")


async def test_a_chatbots_own_model_is_named_as_such(
    provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    await answered(provider, refusal(404, "model 'big' not found"), question(wishes=ModelWishes("big")))
    assert caplog.messages[-1].endswith("; see the model of the chatbot")


@pytest.mark.parametrize("first", [401, 500])
async def test_where_another_provider_may_come_back_that_is_what_is_said(
    provider: ScriptedProvider, first: int
) -> None:
    provider.in_turn([refusal(first)] * (1 if first == 401 else 2) + [refusal(500 if first == 401 else 401)])
    async with answerer(provider.url, provider.url) as made:
        error = (await outcome(made)).error
    assert isinstance(error, ChatmountError)
    assert (error.text, error.retry_after) == (Text.MODEL_DOWN.template, 1)


FILTERED = "[This answer was stopped by the model's content filter.]"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        refusal(400, "The response was filtered", code="content_filter"),
        refusal(400, "Your request was rejected", code="content_policy_violation"),
        refusal(400, "The response was filtered due to Azure OpenAI's content management policy."),
        refusal(400, "no", innererror={"code": "ResponsibleAIPolicyViolation"}),
        refusal(400, "Input data may contain inappropriate content.", code="data_inspection_failed"),
        refusal(403, "Your input was flagged", metadata={"reasons": ["x"]}),
        Reply((event('{"error":{"code":"content_filter","message":"no"}}'),)),
        answer(finish="content_filter"),
    ],
)
async def test_a_prompt_that_a_filter_refuses_is_answered_as_a_filtered_answer_is(
    provider: ScriptedProvider, reply: Reply, stream: bool
) -> None:
    result = await answered(provider, reply, question(whole=not stream))
    assert (result.text, result.numbers, result.error) == (FILTERED, (), None)
    assert len(provider.requests) == 1


async def test_a_filter_that_stops_an_answer_with_an_error_stops_it_as_others_do(provider: ScriptedProvider) -> None:
    provider.script = Reply((chunk("Within 14"), event('{"error":{"code":"content_filter","message":"no"}}')))
    result = await answered(provider)
    assert (result.text, result.error) == (f"Within 14… {FILTERED}", None)


async def test_parameters_that_a_model_refuses_are_learnt(provider: ScriptedProvider) -> None:
    provider.in_turn(
        [
            refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            refusal(400, "Unsupported value: 'temperature' does not support 0.2 with this model."),
            refusal(422, '{"type": "extra_forbidden", "loc": ["body", "stream_options"]}'),
            answer("Yes."),
        ]
    )
    async with answerer(provider.url, writing=Writing(temperature=0.2)) as made:
        assert (await outcome(made)).text == "Yes."
        assert (await outcome(made)).text == "Yes."
    assert len(provider.requests) == 5
    for request in provider.requests[3:]:
        assert request.body["max_completion_tokens"] == 1024
        assert not {"max_tokens", "temperature", "stream_options"} & set(request.body)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "System role not supported"),
        (500, "Jinja Exception: System role not supported"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    ],
)
async def test_a_model_without_system_messages_is_told_in_the_first_of_the_visitor(
    provider: ScriptedProvider, status: int, message: str
) -> None:
    provider.in_turn([refusal(status, message), answer("Yes.")])
    asked = question(history=(PastTurn("Open on Sundays?", "No."),), instructions="Be kind.")
    async with answerer(provider.url) as made:
        assert (await outcome(made, asked)).text == "Yes."
        assert (await outcome(made, asked)).text == "Yes."
    before, *after = (request.body["messages"] for request in provider.requests)
    assert len(after) == 2
    for messages in after:
        assert [each["role"] for each in messages] == ["user", "assistant", "user"]
        assert messages[0]["content"] == f"{before[0]['content']}\n\nOpen on Sundays?"
        assert messages[1] == before[2]


async def test_users_and_logs_learn_nothing_secret(
    provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.script = refusal(401, "Incorrect key sk-secret-1 for https://api.example/?key=7")
    with caplog.at_level(logging.DEBUG, "chatmount"):
        error = (await answered(provider)).refusal
    assert error.text == Text.MODEL_SETUP.template
    assert "status 401: " in caplog.text
    assert "Incorrect key" in caplog.text
    assert "sk-secret" not in caplog.text
    assert "api.example" not in caplog.text
