"""Spans on the wire: OTLP over gRPC, by the exporter of OpenTelemetry's SDK.

The SDK has its own encoder, for spans of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from opentelemetry.sdk.resources import SERVICE_NAME
from opentelemetry.sdk.resources import Resource as SdkResource
from opentelemetry.trace import SpanContext, TraceFlags

from services.config.traces import TraceSettings
from services.observe.spans import Value

SHORT = 64
"""Characters of a value that is remembered."""
_SCOPE = InstrumentationScope(name="chatmount")


class Ended(NamedTuple):
    """A span in the queue."""

    service: str
    message: SentSpan
    # The queue asks whether its span is to be sent.
    context: SpanContext = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


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
            by_service[ended.service].append(ended.message)
        return ExportTraceServiceRequest(
            resource_spans=[
                ResourceSpans(resource=self._resources[service], scope_spans=[ScopeSpans(scope=_SCOPE, spans=messages)])
                for service, messages in by_service.items()
            ]
        )


def _credentials(settings: TraceSettings) -> grpc.ChannelCredentials:
    # The exporter's own way leaves out the key where it is not told whom to trust.
    files = (settings.ca, settings.key, settings.certificate)
    return grpc.ssl_channel_credentials(*(file.read_bytes() if file else None for file in files))


def _resource(settings: TraceSettings, service: str) -> Resource:
    resource = SdkResource.create({**dict(settings.attributes), SERVICE_NAME: f"{settings.name}-{service}"})
    return Resource(attributes=pairs({name: str(value) for name, value in resource.attributes.items()}))


def pairs(attributes: Mapping[str, Value | None]) -> list[KeyValue]:
    """Attributes as they are sent; without those that are None."""
    return [
        _short(name, value) if type(value) is str and len(value) <= SHORT else KeyValue(key=name, value=_value(value))
        for name, value in attributes.items()
        if value is not None
    ]


@lru_cache(1024)
def _short(name: str, text: str) -> KeyValue:
    """An attribute that comes again and again, such as a status."""
    return KeyValue(key=name, value=AnyValue(string_value=text))


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
