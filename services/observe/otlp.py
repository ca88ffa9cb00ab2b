"""Spans on the wire: OTLP over gRPC, by the exporter of OpenTelemetry's SDK.

The SDK has its own encoder, for spans of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.resources import SERVICE_NAME
from opentelemetry.sdk.resources import Resource as SdkResource
from opentelemetry.trace import SpanContext, TraceFlags

from services.config.traces import TraceSettings
from services.observe.spans import Value

SHORT = 64
"""Characters of a value that is remembered."""
_SCOPE = InstrumentationScope(name="chatmount")
# Each field behind its number and kind, which two bytes say with a length, one without.
_PLACE = Struct("<2s16s2s8scQcQ")
_ERROR = Status(code=Status.STATUS_CODE_ERROR)


class Ended:
    """A span in the queue, encoded."""

    __slots__ = ("encoded", "service")

    # The queue asks whether its span is to be sent.
    context = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    def __init__(self, service: str, encoded: bytes) -> None:
        self.service, self.encoded = service, encoded


class Exporter(OTLPSpanExporter):
    """Sends what is in the queue."""

    def __init__(self, settings: TraceSettings, services: Sequence[str]) -> None:
        super().__init__(
            endpoint=str(settings.address),
            insecure=not settings.tls,
            credentials=_credentials(settings) if settings.tls else None,
            headers=settings.headers,
            channel_options=(("grpc.enable_http_proxy", 0),),  # type: ignore[arg-type]
        )
        self._resources = {service: _resource(settings, service) for service in services}

    def _translate_data(self, data: Sequence[Ended]) -> ExportTraceServiceRequest:  # type: ignore[override]
        by_service = defaultdict(list)
        for ended in data:
            by_service[ended.service].append(ended.encoded)
        request = ExportTraceServiceRequest()
        for service, spans in by_service.items():
            of_service = request.resource_spans.add(resource=self._resources[service])
            # Read at once: messages that are put into others one by one are copied.
            of_service.scope_spans.add(scope=_SCOPE).MergeFromString(
                b"".join(part for span in spans for part in (_before(len(span)), span))
            )
        return request


def _credentials(settings: TraceSettings) -> grpc.ChannelCredentials:
    # The exporter's own way leaves out the key where it is not told whom to trust.
    files = (settings.ca, settings.key, settings.certificate)
    return grpc.ssl_channel_credentials(*(file.read_bytes() if file else None for file in files))


def _resource(settings: TraceSettings, service: str) -> Resource:
    resource = SdkResource.create({**dict(settings.attributes), SERVICE_NAME: f"{settings.name}-{service}"})
    return Resource(attributes=[_pair(name, str(value)) for name, value in resource.attributes.items()])


@lru_cache(1024)
def _before(length: int) -> bytes:
    """What stands before a span of so many bytes in a list of spans.

    It is field 2, and the length in steps of 7 bits.
    """
    steps = [length >> shift & 127 for shift in range(0, max(length.bit_length(), 1), 7)]
    return bytes((0x12, *(step | 128 for step in steps[:-1]), steps[-1]))


def described(
    name: str, kind: "SentSpan.SpanKind.ValueType", is_error: bool, attributes: Mapping[str, Value | None]
) -> list[bytes]:
    """A span in encoded parts, without its ids and times.

    Attributes that are None are left out. Most parts repeat, and encoding each again costs three times as much.
    """
    parts = [_outline(name, kind, is_error)]
    for key, value in attributes.items():
        if value is None:
            continue
        comes_again = type(value) is not float and len(str(value)) <= SHORT
        parts.append(_remembered(key, value) if comes_again else _attribute(key, value))
    return parts


def placed(trace_id: bytes, span_id: bytes, parent: bytes, state: str, began_ns: int, ended_ns: int) -> bytes:
    """The rest of it, encoded: which span it is, and when it was."""
    own = _PLACE.pack(b"\x0a\x10", trace_id, b"\x12\x08", span_id, b"\x39", began_ns, b"\x41", ended_ns)
    if parent:
        own += b"\x22\x08" + parent
    return own + SentSpan(trace_state=state).SerializeToString() if state else own


@lru_cache(1024)
def _outline(name: str, kind: "SentSpan.SpanKind.ValueType", is_error: bool) -> bytes:
    return SentSpan(name=name, kind=kind, status=_ERROR if is_error else None).SerializeToString()


def _attribute(name: str, value: Value) -> bytes:
    return SentSpan(attributes=[_pair(name, value)]).SerializeToString()


_remembered = lru_cache(1024, typed=True)(_attribute)  # True is not 1


def _pair(name: str, value: Value) -> KeyValue:
    return KeyValue(key=name, value=_value(value))


def _value(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=one) for one in value]))
