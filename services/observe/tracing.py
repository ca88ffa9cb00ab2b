"""Spans that are sent, or that only have an id. Imported where there is a collector.

They are no objects of OpenTelemetry's SDK, and become what goes over the wire when they end: so one costs a fifth of
what it would, and a request has a dozen.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from random import getrandbits
from threading import Thread
from time import time_ns
from types import TracebackType
from typing import NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.config.settings import unset_empty_variables
from services.config.traces import TraceSettings
from services.config.variables import SettingsError
from services.errors import ChatmountError
from services.observe.otlp import Ended, Exporter, described, placed
from services.observe.spans import LONGEST_STATE, TRACEPARENT, TRACESTATE, Span, Value

LAST_SECONDS = 1.0
"""How long a process that stops waits for a collector."""

_SERVER, _CLIENT, _INTERNAL = SentSpan.SPAN_KIND_SERVER, SentSpan.SPAN_KIND_CLIENT, SentSpan.SPAN_KIND_INTERNAL
# https://www.w3.org/TR/trace-context/#traceparent-header
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


class Carried(NamedTuple):
    """What a call says of its trace.

    Ids in hexadecimal digits; `parent` and `state` may be empty.
    """

    trace_id: str
    parent: str
    is_sampled: bool
    state: str


class OtlpTracer:
    """See `Tracer`. One queue and one connection for all services of the process.

    What the queue does not hold is dropped: a collector that is slow or away is waited for by no call.
    """

    def __init__(self, settings: TraceSettings, services: Sequence[str]) -> None:
        """SettingsError for a variable that the SDK does not take."""
        unset_empty_variables()
        try:
            self._queue = BatchSpanProcessor(Exporter(settings, services))
        except Exception as error:
            raise SettingsError(f"OpenTelemetry can't use one of its variables (OTEL_…): {error}") from error
        self.with_content = settings.with_content
        self._below = round(settings.share * 2**64)
        # Its warnings tell of every try; that none of them worked is an error.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)

    def begin(self, service: str, name: str, carried: Mapping[str, str]) -> Span:
        """See `Tracer`.

        Who was asked first has decided whether it is sent; where nobody was, the share decides.
        """
        found = _read(carried)
        if found is None:
            trace_id = getrandbits(128).to_bytes(16, "big")
            found = Carried(trace_id.hex(), "", int.from_bytes(trace_id[8:], "big") < self._below, "")
        if found.is_sampled:
            trace = Trace(self, service, found.trace_id, bytes.fromhex(found.trace_id), found.state)
            return SampledSpan(trace, name, _SERVER, bytes.fromhex(found.parent))
        return UnsampledSpan(found)

    def send(self, ended: Ended) -> None:
        """Puts a span into the queue."""
        self._queue.on_end(ended)  # type: ignore[arg-type]

    def close(self) -> None:
        """Sends what is there, if that goes quickly."""
        last = Thread(target=self._queue.force_flush, daemon=True)
        last.start()
        last.join(LAST_SECONDS)


class UnsampledSpan(Span):
    """A span of a trace that is not sent. It has an id all the same, which stands in logs."""

    __slots__ = ("metadata", "trace_id")

    def __init__(self, carried: Carried) -> None:
        self.trace_id = carried.trace_id
        self.metadata = _metadata(carried.trace_id, getrandbits(64).to_bytes(8, "big"), "00", carried.state)


class Trace(NamedTuple):
    """What the spans of one call have in common."""

    tracer: OtlpTracer
    service: str
    trace_id: str
    encoded_id: bytes
    state: str


class SampledSpan(Span):
    """A span that is sent when it has ended."""

    __slots__ = ("_attributes", "_began", "_id", "_is_error", "_kind", "_name", "_parent", "_trace")

    def __init__(self, trace: Trace, name: str, kind: "SentSpan.SpanKind.ValueType", parent: bytes) -> None:
        self._trace, self._name, self._kind, self._parent = trace, name, kind, parent
        self._id = getrandbits(64).to_bytes(8, "big")
        self._attributes: dict[str, Value | None] = {}
        self._is_error = False
        self._began = time_ns()

    @property
    def trace_id(self) -> str:  # type: ignore[override]
        """See `Span`."""
        return self._trace.trace_id

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """See `Span`."""
        return _metadata(self._trace.trace_id, self._id, "01", self._trace.state)

    @property
    def with_content(self) -> bool:  # type: ignore[override]
        """See `Span`."""
        return self._trace.tracer.with_content

    def child(self, name: str, *, goes_out: bool = False) -> Span:
        """See `Span`."""
        return SampledSpan(self._trace, name, _CLIENT if goes_out else _INTERNAL, self._id)

    def tell(self, attributes: Mapping[str, Value | None]) -> None:
        """See `Span`."""
        self._attributes.update(attributes)

    def fail(self, why: str, *, is_ours: bool = True) -> None:
        """See `Span`."""
        self._attributes["error.type"] = why
        self._is_error = self._is_error or is_ours

    def end(self) -> None:
        """See `Span`."""
        tracer, service, _, trace_id, state = self._trace
        parts = described(self._name, self._kind, self._is_error, self._attributes)
        parts.append(placed(trace_id, self._id, self._parent, state, self._began, time_ns()))
        tracer.send(Ended(service, b"".join(parts)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # What an exception says may repeat what somebody wrote.
        if isinstance(error, ChatmountError):
            self.fail(error.reason.name.lower())
        elif isinstance(error, Exception):
            self.fail(type(error).__name__)
        self.end()


def _read(carried: Mapping[str, str]) -> Carried | None:
    given = carried.get(TRACEPARENT)
    found = None if given is None else _PARENT.fullmatch(given)
    if found is None:
        return None
    trace_id, parent, flags = found.groups()
    state = carried.get(TRACESTATE, "")
    is_passed_on = len(state) <= LONGEST_STATE and state.isascii() and state.isprintable()
    return Carried(trace_id, parent, bool(int(flags, 16) & 1), state if is_passed_on else "")


def _metadata(trace_id: str, span_id: bytes, flags: str, state: str) -> tuple[tuple[str, str], ...]:
    parent = (TRACEPARENT, f"00-{trace_id}-{span_id.hex()}-{flags}")
    return (parent, (TRACESTATE, state)) if state else (parent,)
