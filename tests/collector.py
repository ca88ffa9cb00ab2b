"""A collector of traces as real ones are: OTLP over gRPC. It keeps what it gets."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.waiting import PATIENCE, eventually

Value = str | int | float | bool | list[Any]


@dataclass(frozen=True)
class Received:
    """A span, with its ids in hexadecimal digits; `parent` is empty for none."""

    service: str
    name: str
    kind: str
    trace_id: str
    id: str
    parent: str
    attributes: dict[str, Value]
    resource: dict[str, Value]
    is_error: bool
    began_ns: int
    ended_ns: int
    state: str


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """A running one. `headers`: what came with the exports. While `answers` is not set, it answers none."""

    spans: list[Received] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: Event = field(default_factory=Event)
    address: str = ""

    def Export(self, request: Any, context: Any) -> Any:
        self.headers.append(dict(context.invocation_metadata()))
        self.answers.wait(PATIENCE)
        for one in request.resource_spans:
            resource = _attributes(one.resource.attributes)
            self.spans += [_received(resource, span) for scope in one.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def environment(self) -> dict[str, str]:
        """What sends traces here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{self.address}", "OTEL_BSP_SCHEDULE_DELAY": "200"}

    def trace(self, trace_id: str, names: Sequence[str] = (), seconds: float = PATIENCE) -> list[Received]:
        """The spans of a trace by their beginning, when these have come."""

        def found() -> list[Received]:
            return [span for span in list(self.spans) if span.trace_id == trace_id]

        def all_are_there() -> bool:
            return set(names) <= {span.name for span in found()}

        eventually(all_are_there, seconds, what=f"spans {names} have come, not only {sorted(s.name for s in found())}")
        return sorted(found(), key=lambda span: span.began_ns)


@contextmanager
def collecting(credentials: grpc.ServerCredentials | None = None) -> Iterator[Collector]:
    """A collector at a free port; with credentials, by TLS."""
    collector = Collector()
    collector.answers.set()
    server = grpc.server(ThreadPoolExecutor(8))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    if credentials is None:
        collector.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    else:
        collector.address = f"localhost:{server.add_secure_port('localhost:0', credentials)}"
    server.start()
    try:
        yield collector
    finally:
        collector.answers.set()
        server.stop(0).wait()


def tree(spans: Sequence[Received], describe: Callable[[Received], str] = lambda span: span.name) -> list[str]:
    """The spans as lines, each indented below its parent; those without one in `spans` are at the edge."""
    ids = {span.id for span in spans}

    def below(parent: str, depth: int) -> Iterator[str]:
        for span in sorted(spans, key=lambda one: one.began_ns):
            if span.parent == parent or (not parent and span.parent not in ids):
                yield "  " * depth + describe(span)
                yield from below(span.id, depth + 1)

    return list(below("", 0))


def _received(resource: dict[str, Value], span: Span) -> Received:
    return Received(
        service=str(resource.get("service.name")),
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_attributes(span.attributes),
        resource=resource,
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
        began_ns=span.start_time_unix_nano,
        ended_ns=span.end_time_unix_nano,
        state=span.trace_state,
    )


def _attributes(pairs: Any) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Value:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    found: Value = getattr(value, kind) if kind else ""
    return found
