"""Spans: what they are below, what of them is sent, and what becomes of those that nobody takes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from services.config.settings import load_settings
from services.errors import Text, refusal
from services.observe import tracing
from services.observe.spans import begin_call, current_span, sending_traces, span
from tests.collector import Collector, collecting, tree
from tests.each import for_each
from tests.waiting import PATIENCE, eventually

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED, NOT_SAMPLED = (f"00-{PARENT}-00f067aa0ba902b7-{flag}" for flag in ("01", "00"))


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(autouse=True)
def no_span_is_left() -> Iterator[None]:
    yield
    begin_call("chat", "without a collector", {})


def sending(collector: Collector, monkeypatch: pytest.MonkeyPatch, **variables: str) -> AbstractContextManager[None]:
    """Traces of a process, with its environment, to which the SDK looks as well. At its end all of them are sent."""
    monkeypatch.setattr(tracing, "LAST_SECONDS", PATIENCE)
    for name, value in (collector.environment | variables).items():
        monkeypatch.setenv(name, value)
    return sending_traces(load_settings(collector.environment | variables).traces, ["chat", "quota"])


EVERY_PROCESS = """
import sys
import services.auth.__main__, services.chat.__main__, services.quota.__main__, services.retrieval.__main__
import services.edge.__main__, services.together.__main__, services.web.__main__
from services.config.settings import load_settings
from services.observe.spans import begin_call, sending_traces
with sending_traces(load_settings({"OTEL_SDK_DISABLED": "true"}).traces, ["chat"]):
    with begin_call("chat", "anything", {"traceparent": sys.argv[1]}) as begun:
        print(begun.metadata, sorted(name for name in sys.modules if name.partition(".")[0] == "opentelemetry"))
"""


def test_without_a_collector_opentelemetry_is_not_imported() -> None:
    command = [sys.executable, "-c", EVERY_PROCESS, SAMPLED]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "() []\n"


def test_a_span_is_below_the_call_that_carries_it(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test%20one"}
    with sending(collector, monkeypatch, **environment):
        with begin_call("chat", "Chat", {"traceparent": SAMPLED, "tracestate": "vendor=1"}):
            carried = dict(current_span().metadata)
            with span("search"), span("beside it", goes_out=True) as other:
                other.tell({"number": 3, "nothing": None})
            with begin_call("quota", "Reserve", carried):
                assert current_span().trace_id == PARENT
        assert carried["tracestate"] == "vendor=1"
    spans = collector.trace(PARENT, ["Chat"])
    assert tree(spans, lambda one: f"{one.service} {one.kind} {one.name}") == [
        "shop-chat server Chat",
        "  shop-chat internal search",
        "  shop-chat client beside it",
        "  shop-quota server Reserve",
    ]
    assert spans[2].attributes == {"number": 3}
    assert {one.resource["deployment.environment"] for one in spans} == {"test one"}


def test_a_span_arrives_as_it_was_told(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"one": ("stop",), "two": ("stop", "length")}
    told = {"yes": True, "count": 1, "share": 0.25, "short": "ü", "long": "x" * 100, "longer": "x" * 20_000, **lists}
    before = time.time_ns()
    with sending(collector, monkeypatch):
        for given in (told, {"yes": 1, "count": True}):  # one and true are equal, and no one value
            with begin_call("chat", "Chat", {"traceparent": SAMPLED, "tracestate": "vendor=1"}) as call:
                call.tell(given)
    first, second = collector.trace(PARENT)
    assert {name: tuple(of) if isinstance(of, list) else of for name, of in first.attributes.items()} == told
    assert (type(second.attributes["yes"]), type(second.attributes["count"])) == (int, bool)
    assert {one.state for one in (first, second)} == {"vendor=1"}
    assert {one.parent for one in (first, second)} == {SAMPLED.split("-")[2]}
    assert before <= first.began_ns <= first.ended_ns <= second.began_ns <= second.ended_ns <= time.time_ns()


@for_each(
    ("sampler", "argument", "traceparent", "is_sent"),
    [
        ("", "", None, True),
        ("", "", NOT_SAMPLED, False),
        ("always_off", "", None, False),
        ("parentbased_always_off", "", SAMPLED, True),
        ("parentbased_traceidratio", "0", None, False),
        ("parentbased_traceidratio", "1", None, True),
        ("traceidratio", "0", SAMPLED, True),
    ],
)
def test_who_was_asked_first_decides_what_is_sent(
    sampler: str, argument: str, traceparent: str | None, is_sent: bool
) -> None:
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        environment = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}
        carried = {} if traceparent is None else {"traceparent": traceparent}
        with sending(collector, patch, **environment), begin_call("chat", "Chat", carried), span("below"):
            # It is the same in every log, sent or not.
            assert len(current_span().trace_id) == 32
        assert {one.name for one in collector.spans} == ({"Chat", "below"} if is_sent else set())


def test_a_share_of_the_traces_is_sent_whole(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    with sending(collector, monkeypatch, **environment):
        for _ in range(400):
            with begin_call("chat", "Chat", {}), span("below"):
                pass
    assert 40 < len({one.trace_id for one in collector.spans}) < 160
    assert all(len(collector.trace(one.trace_id)) == 2 for one in collector.spans)


def test_an_error_is_named_and_not_repeated(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    with sending(collector, monkeypatch):
        for error in (refusal(Text.INTERNAL), ValueError("what somebody wrote")):
            with pytest.raises(type(error)), begin_call("chat", "Chat", {}):
                raise error
    found = {one.attributes["error.type"]: one.is_error for one in collector.spans}
    assert found == {"internal": True, "ValueError": True}
    assert "what somebody wrote" not in str(collector.spans)


def test_a_collector_that_does_not_answer_is_waited_for_by_nobody(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.answers.clear()
    many = 10_000
    with sending(collector, monkeypatch, OTEL_BSP_MAX_QUEUE_SIZE="600", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="200"):
        for _ in range(many):
            with begin_call("chat", "Chat", {}):
                pass
        assert collector.spans == []
        collector.answers.set()
        eventually(lambda: collector.spans, what="the queue is sent")
    assert len(collector.spans) <= 1000 < many


@for_each("state", ["vendor=ü", "vendor=\x7f", f"vendor={'x' * 512}"])
def test_what_no_call_takes_is_not_passed_on(collector: Collector, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    carried = {"traceparent": SAMPLED, "tracestate": state}
    with sending(collector, monkeypatch), begin_call("chat", "Chat", carried) as call:
        assert [name for name, _ in call.metadata] == ["traceparent"]
        assert call.trace_id == PARENT


def test_a_variable_without_a_value_is_as_one_that_is_not_set(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_BSP_MAX_QUEUE_SIZE")
    with sending(collector, monkeypatch, **dict.fromkeys(names, "")), begin_call("chat", "Chat", {}):
        pass
    eventually(lambda: collector.spans, what="a span")
    assert not caplog.records


def test_headers_go_with_the_spans(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        sending(collector, monkeypatch, OTEL_EXPORTER_OTLP_HEADERS="X-Api-Key=a%20b, other=c"),
        begin_call("chat", "Chat", {}),
    ):
        pass
    assert {name: collector.headers[0].get(name) for name in ("x-api-key", "other")} == {
        "x-api-key": "a b",
        "other": "c",
    }
