"""What of Envoy's configuration makes its spans and sends them to the collector."""

from pathlib import Path
from typing import Any

import grpc

from services.config.addresses import ip_version
from services.config.traces import TraceSettings
from services.edge.filling import Config
from services.observe.spans import LONGEST_STATE, TRACEPARENT, TRACESTATE

QUEUED_SPANS = 2048
"""Of each worker; more are dropped, as those of services are by default."""
EXPORT_SECONDS = 10
# As the client sent it: the transcoder makes a POST of all that it passes on.
METHOD = "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD):8%"

ROOTS = Path(grpc.__file__).parent / "_cython" / "_credentials" / "roots.pem"
"""Whom gRPC trusts, by which services send theirs."""

_EXTENSIONS = "type.googleapis.com/envoy.extensions"
_SAMPLERS = "envoy.tracers.opentelemetry.samplers"
# What a client says of traces, with its own way to have itself traced.
_CLIENTS_OWN = (TRACEPARENT, TRACESTATE, "x-client-trace-id")
# Envoy makes no span below a malformed one, so that goes: what is well-formed takes a way round. Envoy takes no longer
# patterns than these.
_GIVEN = f"request.headers['{TRACEPARENT}']"
_IS_WELL_FORMED = " && ".join(
    (
        f"size({_GIVEN}) == 55",
        f"{_GIVEN}.matches('^[0-9a-f]{{2}}-[0-9a-f]{{32}}-')",
        f"{_GIVEN}.matches('-[0-9a-f]{{16}}-[0-9a-f]{{2}}$')",
        f"!{_GIVEN}.startsWith('ff')",
        *(f"!{_GIVEN}.contains('-{'0' * digits}-')" for digits in (32, 16)),
    )
)
_ASIDE = "x-chatmount-traceparent"


def _unless_empty(name: str, value: str) -> Config:
    return {"append": {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}}


_ONLY_WELL_FORMED = [
    {"remove": _ASIDE},
    _unless_empty(_ASIDE, f"%CEL({_IS_WELL_FORMED} ? {_GIVEN} : '')%"),
    {"remove": TRACEPARENT},
    _unless_empty(TRACEPARENT, f"%REQ({_ASIDE})%"),
    {"remove": _ASIDE},
]
# All that anybody must pass on of it. A service refuses a call with longer headers.
_SHORT_STATE = {
    "append": {
        "header": {"key": TRACESTATE, "value": f"%REQ({TRACESTATE}):{LONGEST_STATE}%"},
        "append_action": "OVERWRITE_IF_EXISTS",
    }
}


def trace_values(traces: TraceSettings | None, trusted_proxies: int) -> dict[str, Any]:
    """Values of placeholders. None: no traces.

    Without a trusted proxy nobody in front may say whose part a request is, and whether it is sampled.
    """
    if traces is None:
        return {"tracing": None, "collector": False, "untraced_headers": None, "trace_id": None}
    host, port = traces.address
    return {
        "tracing": _tracing(traces),
        "collector": True,
        "collector_address": {"socket_address": {"address": host, "port_value": port}},
        "collector_tls": _tls(traces) if traces.tls else None,
        "untraced_headers": [
            _early(
                [*_ONLY_WELL_FORMED, _SHORT_STATE] if trusted_proxies else [{"remove": name} for name in _CLIENTS_OWN]
            )
        ],
        "trace_id": "%TRACE_ID%",
    }


def _tracing(traces: TraceSettings) -> Config:
    return {
        "client_sampling": {"value": 0},
        # The sampler chooses among all, but for those that a route leaves out.
        "random_sampling": {"value": 100},
        # The pattern of the path, as in the log: what a client writes may be a key.
        "operation": f"{METHOD} %METADATA(ROUTE:chatmount.edge:path)%",
        "max_path_tag_length": 0,
        "custom_tags": [
            {
                "tag": "http.url",
                "metadata": {
                    "kind": {"route": {}},
                    "metadata_key": {"key": "chatmount.edge", "path": [{"key": "path"}]},
                    "default_value": "-",
                },
            },
            {"tag": "http.method", "value": METHOD},
            *({"tag": tag, "literal": {"value": "-"}} for tag in ("user_agent", "grpc.path", "grpc.authority")),
        ],
        "spawn_upstream_span": False,
        "provider": {
            "name": "envoy.tracers.opentelemetry",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                "grpc_service": {
                    "envoy_grpc": {"cluster_name": "collector"},
                    "timeout": f"{EXPORT_SECONDS}s",
                    "initial_metadata": [{"key": name, "value": value} for name, value in traces.headers],
                },
                "service_name": f"{traces.name}-edge",
                "resource_detectors": [
                    {
                        "name": "envoy.tracers.opentelemetry.resource_detectors.static_config",
                        "typed_config": {
                            "@type": f"{_EXTENSIONS}.tracers.opentelemetry.resource_detectors.v3"
                            ".StaticConfigResourceDetectorConfig",
                            "attributes": dict(traces.attributes),
                        },
                    }
                ]
                if traces.attributes
                else [],
                "sampler": _sampler(traces),
                "max_cache_size": QUEUED_SPANS,
            },
        },
    }


def _sampler(traces: TraceSettings) -> Config:
    share = {
        "name": f"{_SAMPLERS}.trace_id_ratio_based",
        "typed_config": {
            "@type": f"{_EXTENSIONS}.tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig",
            "sampling_percentage": {"numerator": round(traces.share * 1_000_000), "denominator": "MILLION"},
        },
    }
    if not traces.follows:
        return share
    return {
        "name": f"{_SAMPLERS}.parent_based",
        "typed_config": {
            "@type": f"{_EXTENSIONS}.tracers.opentelemetry.samplers.v3.ParentBasedSamplerConfig",
            "wrapped_sampler": share,
        },
    }


def _early(mutations: list[Config]) -> Config:
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": f"{_EXTENSIONS}.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": mutations,
        },
    }


def _tls(traces: TraceSettings) -> Config:
    own = {"certificate_chain": {"filename": str(traces.certificate)}, "private_key": {"filename": str(traces.key)}}
    host = traces.address.host
    san_type = "DNS" if ip_version(host) is None else "IP_ADDRESS"
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": host,
            "common_tls_context": {
                "alpn_protocols": ["h2"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificates": [own] if traces.certificate else [],
                "validation_context": {
                    "trusted_ca": {"filename": str(traces.ca or ROOTS)},
                    "match_typed_subject_alt_names": [{"san_type": san_type, "matcher": {"exact": host}}],
                },
            },
        },
    }
