"""The span of a call of a model: questions and answers are in it only where a setting says so."""

import json
from collections.abc import Mapping

import pytest

from services.chat.answerers.model.model_span import begin_model_span, end_model_span
from services.chat.answerers.model.request import ModelRequest
from services.chat.trace import Trace
from services.config.settings import load_settings
from services.observe.spans import begin_call, sending_traces
from tests.collector import Received, collecting
from tests.each import for_each

REQUEST = ModelRequest([{"role": "user", "content": "How long?"}], maximum_tokens=10)
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


def span_of(trace: Trace, outcome: str, variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Received:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with collecting() as collector:
        traces = load_settings(collector.environment | variables).traces
        with sending_traces(traces, ["chat"]), begin_call("chat", "Chat", {}) as call:
            called = begin_model_span(REQUEST, "http://models.example.com:8000", "m")
            end_model_span(called, trace, outcome, ["Three ", "weeks."])
        begin_call("chat", "without a collector", {})
        return next(span for span in collector.trace(call.trace_id, ["chat m"]) if span.name == "chat m")


def test_a_setting_puts_question_and_answer_into_the_span(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Trace(finish="length", prompt_tokens=0)
    silent = span_of(trace, "length", {}, monkeypatch)
    assert not any(text in str(silent) for text in ("How long?", "Three"))
    assert silent.attributes["gen_ai.usage.input_tokens"] == 0
    assert silent.attributes["server.address"] == "models.example.com"
    told = span_of(trace, "length", {CAPTURE: "true"}, monkeypatch)
    asked = [{"role": "user", "parts": [{"type": "text", "content": "How long?"}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "Three weeks."}], "finish_reason": "length"}]
    assert json.loads(str(told.attributes["gen_ai.input.messages"])) == asked
    assert json.loads(str(told.attributes["gen_ai.output.messages"])) == said


@for_each(("outcome", "is_error"), [("left", False), ("down", True), ("empty", True)])
def test_a_try_that_failed_says_how(outcome: str, is_error: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        span = span_of(Trace(), outcome, {}, patch)
    assert (span.attributes["error.type"], span.is_error) == (outcome, is_error)
