"""The edge's spans: where they begin, whose word counts, what is in them, and what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.config.settings import load_settings
from services.observe.spans import begin_call, sending_traces
from services.trust.certificates import KeyPair, PemFiles
from tests.collector import Collector, Received, collecting, tree
from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import JSON, Edge, running_edge
from tests.edge.test_edge_log import CORE, PATHS, SECRET, line_of
from tests.waiting import PATIENCE, eventually

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED, NOT_SAMPLED = (f"00-{PARENT}-00f067aa0ba902b7-{flag}" for flag in ("01", "00"))
TWO_CHECKS = [
    "POST /v1/chat",
    "  async envoy.service.auth.v3.Authorization.Check egress",
    "  async envoy.service.ratelimit.v3.RateLimitService.ShouldRateLimit egress",
]


@contextmanager
def traced(
    folder: Path, stubs: Stubs, *, trusted_proxies: int = 0, **variables: str
) -> Iterator[tuple[Edge, Collector]]:
    """An edge that sends its spans."""
    with collecting() as collector:
        traces = load_settings(collector.environment | variables).traces
        with running_edge(folder, stubs, traces=traces, trusted_proxies=trusted_proxies) as edge:
            yield edge, collector


@pytest.fixture(scope="module")
def traced_edge(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[tuple[Edge, Collector]]:
    """One behind which no proxy is trusted."""
    with traced(tmp_path_factory.mktemp("traced"), stubs, OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20b") as both:
        until_it_sends(*both)
        yield both


def until_it_sends(edge: Edge, collector: Collector) -> None:
    """Asks until a span comes: those that are made before there is a connection may be lost."""
    eventually(lambda: edge.ask({"message": "hi"}).status == 200 and collector.spans, what="a span")


def spans_of(edge: Edge, collector: Collector, reply: Reply) -> list[Received]:
    return collector.trace(str(line_of(edge, reply.one("x-request-id"))["trace_id"]), ["POST /v1/chat"])


def carried(stubs: Stubs, service: str) -> dict[str, Any]:
    found: dict[str, Any] = stubs.last(service)["metadata"]
    return found


@for_each("body", [{"message": "hi"}, {"message": "hi", "stream": True}])
def test_a_request_is_a_trace_that_every_service_is_told_of(
    traced_edge: tuple[Edge, Collector], body: dict[str, object]
) -> None:
    edge, collector = traced_edge
    spans = spans_of(edge, collector, edge.ask(body))
    assert tree(spans) == TWO_CHECKS
    request, check, limit = spans
    assert (request.service, request.kind, check.kind) == ("chatmount-edge", "server", "client")
    assert (request.attributes["http.status_code"], request.attributes["http.url"]) == ("200", "/v1/chat")
    for service, parent in (("auth", check), ("quota", limit), ("chat", request)):
        assert carried(edge.stubs, service)["traceparent"] == f"00-{request.trace_id}-{parent.id}-01"
    assert collector.headers[0]["api-key"] == "a b"


def test_a_client_does_not_say_whose_trace_a_request_is(traced_edge: tuple[Edge, Collector]) -> None:
    edge, collector = traced_edge
    own = {
        "traceparent": NOT_SAMPLED,
        "tracestate": "vendor=1",
        "x-client-trace-id": SECRET,
        "x-envoy-force-trace": "1",
    }
    spans = spans_of(edge, collector, edge.ask({"message": "hi"}, headers=JSON | own))
    assert tree(spans) == TWO_CHECKS
    assert PARENT not in {spans[0].trace_id, carried(edge.stubs, "chat")["traceparent"]}
    assert "vendor" not in str(carried(edge.stubs, "chat"))


def test_a_failure_is_an_error_and_a_refusal_none(traced_edge: tuple[Edge, Collector]) -> None:
    edge, collector = traced_edge
    for key, status, is_error in (("unknown", "401", False), ("auth-fails", "503", True)):
        request = spans_of(edge, collector, edge.ask({"message": "hi"}, key=key))[0]
        assert (request.attributes["http.status_code"], request.is_error) == (status, is_error)


def test_health_is_no_trace_and_no_key_is_in_one(traced_edge: tuple[Edge, Collector]) -> None:
    edge, collector = traced_edge
    known = {span.trace_id for span in collector.spans}
    assert edge.ask(method="GET", path="/healthz", key=None).status == 200
    with grpc.insecure_channel(f"127.0.0.1:{edge.http_port}") as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    head = f"POST /v1/chat HTTP/1.1\r\nhost: {SECRET}\r\nuser-agent: {SECRET}\r\nauthorization: Bearer {SECRET}\r\n"
    head += f"x-request-id: {SECRET}\r\nx-forwarded-for: {SECRET}\r\nreferer: http://x/{SECRET}\r\n"
    for path in PATHS:
        for kind in ("json", "grpc"):
            said = head.replace("/v1/chat", path.format(SECRET)) + f"content-type: application/{kind}; {SECRET}\r\n"
            edge.send(f"{said}grpc-timeout: {SECRET}\r\nconnection: close\r\n\r\n".encode(), until_closed=False)
    edge.send(head.replace("POST", SECRET).encode() + b"connection: close\r\n\r\n", until_closed=False)
    last = spans_of(edge, collector, edge.ask({"message": f"question {SECRET}"}))
    assert tree(last) == TWO_CHECKS
    new = [span for span in collector.spans if span.trace_id not in known]
    assert [span for span in new if span.attributes.get("http.status_code") == "200"] == [last[0]]
    assert [span for span in new if CORE.lower() in str(span).lower() or "question" in str(span)] == []


@for_each(
    ("traceparent", "sampler", "is_sent"),
    [
        (SAMPLED, "parentbased_always_off", True),
        (NOT_SAMPLED, "parentbased_always_on", False),
        (SAMPLED, "always_off", False),
        (None, "parentbased_always_off", False),
    ],
)
def test_behind_a_trusted_proxy_its_word_counts(
    stubs: Stubs, tmp_path_factory: pytest.TempPathFactory, traceparent: str | None, sampler: str, is_sent: bool
) -> None:
    folder = tmp_path_factory.mktemp("proxied")
    with traced(folder, stubs, trusted_proxies=1, OTEL_TRACES_SAMPLER=sampler) as (edge, collector):
        headers = {**JSON, "x-forwarded-for": "203.0.113.7", "tracestate": "vendor=1"}
        if traceparent is not None:
            headers["traceparent"] = traceparent
        reply = edge.ask({"message": "hi"}, headers=headers)
        trace_id = str(line_of(edge, reply.one("x-request-id"))["trace_id"])
        _, trace, _, flag = carried(stubs, "chat")["traceparent"].split("-")
        assert (trace, flag) == (trace_id, "01" if is_sent else "00")
        if traceparent is not None:
            assert trace_id == PARENT
            assert carried(stubs, "chat")["tracestate"] == "vendor=1"
        if is_sent:
            assert tree(collector.trace(trace_id, ["POST /v1/chat"])) == TWO_CHECKS
    # Envoy has ended, and has sent what it had.
    assert bool(collector.spans) == is_sent


def test_a_collector_that_is_away_or_silent_costs_no_request_anything(stubs: Stubs, tmp_path: Path) -> None:
    with traced(tmp_path, stubs) as (edge, collector):
        collector.answers.clear()
        assert {edge.ask({"message": "hi"}).status for _ in range(50)} == {200}
    nowhere = load_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://nowhere.invalid"}).traces
    with running_edge(tmp_path, stubs, traces=nowhere) as edge:
        assert {edge.ask({"message": "hi"}).status for _ in range(50)} == {200}


def test_a_collector_may_want_tls_and_a_certificate(stubs: Stubs, tmp_path: Path) -> None:
    own, now = PemFiles(tmp_path / "own.crt", tmp_path / "own.key"), datetime.now(UTC)
    names = [x509.SubjectAlternativeName([x509.DNSName("localhost")])]
    KeyPair.make("A collector", now, timedelta(days=1), names).write(own)
    pem = own.certificate.read_bytes()
    credentials = grpc.ssl_server_credentials([(own.key.read_bytes(), pem)], pem, require_client_auth=True)
    with collecting(credentials) as collector:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{collector.address}",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(own.certificate),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(own.certificate),
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(own.key),
        }
        traces = load_settings(environment).traces
        with running_edge(tmp_path, stubs, traces=traces) as edge:
            until_it_sends(edge, collector)
            assert tree(spans_of(edge, collector, edge.ask({"message": "hi"}))) == TWO_CHECKS
        with sending_traces(traces, ["chat"]), begin_call("chat", "Chat", {}) as call:
            pass
        begin_call("chat", "without a collector", {})
        assert [span.service for span in collector.trace(call.trace_id, ["Chat"])] == ["chatmount-chat"]


def test_without_a_collector_the_edge_knows_nothing_of_traces(edge: Edge) -> None:
    reply = edge.ask({"message": "hi"}, headers=JSON | {"traceparent": SAMPLED})
    assert "traceparent" not in carried(edge.stubs, "chat")
    assert "trace_id" not in line_of(edge, reply.one("x-request-id"))
