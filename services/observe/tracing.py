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
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.config.traces import TraceSettings
from services.config.variables import SettingsError
from services.errors import ChatmountError
from services.observe.otlp import Ended, Exporter, pairs
from services.observe.spans import TRACEPARENT, TRACESTATE, Span, Value

LAST_SECONDS = 1.0
"""How long a process that stops waits for a collector."""

_SERVER, _CLIENT, _INTERNAL = SentSpan.SPAN_KIND_SERVER, SentSpan.SPAN_KIND_CLIENT, SentSpan.SPAN_KIND_INTERNAL
_ERROR = Status(code=Status.STATUS_CODE_ERROR)
# https://www.w3.org/TR/trace-context/#traceparent-header
_PARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?:-.*)?"
)


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
        parent = _read(carried)
        if parent is None:
            number = getrandbits(128) or 1
            parent = Carried(f"{number:032x}", "", number % 2**64 < self._below, "")
        if parent.is_sampled:
            return SampledSpan(self, service, name, _SERVER, parent)
        return UnsampledSpan(parent)

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
        self.metadata = _metadata(carried, f"{getrandbits(64) or 1:016x}")


class SampledSpan(Span):
    """A span that is sent when it has ended."""

    __slots__ = ("_attributes", "_began", "_carried", "_id", "_is_error", "_kind", "_name", "_service", "_tracer")

    def __init__(
        self, tracer: OtlpTracer, service: str, name: str, kind: "SentSpan.SpanKind.ValueType", carried: Carried
    ) -> None:
        self._tracer, self._service, self._name, self._kind, self._carried = tracer, service, name, kind, carried
        self._id = f"{getrandbits(64) or 1:016x}"
        self._attributes: dict[str, Value | None] = {}
        self._is_error = False
        self._began = time_ns()

    @property
    def trace_id(self) -> str:  # type: ignore[override]
        """See `Span`."""
        return self._carried.trace_id

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """See `Span`."""
        return _metadata(self._carried, self._id)

    @property
    def with_content(self) -> bool:  # type: ignore[override]
        """See `Span`."""
        return self._tracer.with_content

    def child(self, name: str, *, goes_out: bool = False) -> Span:
        """See `Span`."""
        below = self._carried._replace(parent=self._id)
        return SampledSpan(self._tracer, self._service, name, _CLIENT if goes_out else _INTERNAL, below)

    def tell(self, attributes: Mapping[str, Value | None]) -> None:
        """See `Span`."""
        self._attributes.update(attributes)

    def fail(self, why: str, *, is_ours: bool = True) -> None:
        """See `Span`."""
        self._attributes["error.type"] = why
        self._is_error = self._is_error or is_ours

    def end(self) -> None:
        """See `Span`."""
        carried = self._carried
        self._tracer.send(
            Ended(
                self._service,
                SentSpan(
                    trace_id=bytes.fromhex(carried.trace_id),
                    span_id=bytes.fromhex(self._id),
                    trace_state=carried.state,
                    parent_span_id=bytes.fromhex(carried.parent),
                    name=self._name,
                    kind=self._kind,
                    start_time_unix_nano=self._began,
                    end_time_unix_nano=time_ns(),
                    attributes=pairs(self._attributes),
                    status=_ERROR if self._is_error else None,
                ),
            )
        )

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
    return Carried(found["trace"], found["span"], bool(int(found["flags"], 16) & 1), carried.get(TRACESTATE, ""))


def _metadata(carried: Carried, span_id: str) -> tuple[tuple[str, str], ...]:
    parent = (TRACEPARENT, f"00-{carried.trace_id}-{span_id}-{carried.is_sampled:02x}")
    return (parent, (TRACESTATE, carried.state)) if carried.state else (parent,)
