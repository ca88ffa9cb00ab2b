"""Envoy's configuration: envoy/envoy.yaml with values for its placeholders."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml
from grpc import StatusCode

from services.config.addresses import Address
from services.config.traces import TraceSettings
from services.contract import MAXIMUM_BODY_BYTES, PING_SECONDS, RATE_LIMIT_DOMAIN, UNARY_SECONDS
from services.edge.connections import write_pressure
from services.edge.filling import Config, filled
from services.edge.pages import PAGE, dashboard_hosts, page_headers
from services.edge.scripts import script
from services.edge.traces import trace_values
from services.errors import EdgeText, Text
from services.errors.reasons import DEFAULT_RETRY_AFTER
from services.trust.private_files import replace_privately
from services.trust.transport import NAME as INTERNAL_NAME
from services.trust.transport import InternalTls

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "envoy" / "envoy.yaml"
DESCRIPTOR_SET = ROOT / "gen" / "descriptor_set.pb"

RENDERED_NAME = "envoy.json"
LONGEST_SOCKET_PATH = 107  # what sockaddr_un holds

# libyaml reads the template in a tenth of the time, which a start waits for.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONNECTIONS = 8000
TOO_LARGE = (EdgeText.BODY_TOO_LARGE, EdgeText.FORM_TOO_LARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What differs from one stack to the next."""

    auth: Sequence[Address]
    quota: Sequence[Address]
    retrieval: Sequence[Address]
    chat: Sequence[Address]
    """Every replica of each service."""
    web: Sequence[Address] = ()
    """Those of the process that serves the dashboard; none: there is nothing at its paths."""
    dashboard_url: str = ""
    """Where people see the dashboard, when that is not where their requests arrive."""
    certificate: Path
    private_key: Path
    credential: Path
    """The file with the edge's token, see services/edge/credential.py."""
    connection_pressure: Path
    """The file with how full the listeners are, see services/edge/connections.py."""
    admin: Path | Address
    """A socket file of at most 107 bytes, or an address. Any process that reaches it can stop Envoy."""
    http: Address
    https: Address
    internal_tls: InternalTls | None = None
    """How the services are reached; None: without TLS."""
    traces: TraceSettings | None = None
    trusted_proxies: int = 0
    """How many proxies in front append the address that they saw to X-Forwarded-For. 0: the peer is the client."""
    failed_attempts_per_minute: int = 60
    """What X-RateLimit-Limit says of an unknown key when Auth can't be asked."""
    auth_asks_quota: bool = False
    """Whether Auth asks for a key's minute, because the two share a process; else Envoy does."""
    check_timeout_seconds: float = 4
    """How long Auth, and then Quota, may take."""
    unary_timeout_seconds: float = UNARY_SECONDS
    request_seconds: float = 120
    """How long a request may take to arrive."""
    page_seconds: float = 60
    """How long a page of the dashboard may take."""
    stream_idle_seconds: float = 4 * PING_SECONDS
    """A stream that is silent for so long is broken: several pings are missing."""
    keepalive_seconds: float = 11
    """How often a connection to a service is tried while it is open."""
    keepalive_timeout_seconds: float = 8
    """How long a service may take to answer that before its connection is closed, with all requests that wait on it."""
    connections_per_listener: int = CONNECTIONS
    """A connection above it is closed at once."""
    silent_seconds: float = 15
    """How long a connection may be open before its first byte."""
    flush_seconds: float = 30
    """How long a client may take no more of a reply that is whole."""
    requests_per_service: int = 8192
    """At once, over all replicas of a service and all workers of Envoy; one above it is answered 503."""
    checks_per_service: int = 1024
    """The same of Auth and of Quota, whose answers are short: so many that wait are late already."""


def write_edge_config(settings: EdgeSettings, into: Path) -> Path:
    """Write the rendered configuration into the directory `into`; the file's path."""
    path = into / RENDERED_NAME
    replace_privately(path, json.dumps(render(settings), indent=2))
    write_pressure(0, settings.connection_pressure)
    return path


def render(settings: EdgeSettings) -> Config:
    """The configuration of a stack. KeyError for a placeholder without a value."""
    template = yaml.load(TEMPLATE.read_text("utf-8"), Loader=LOADER)  # noqa: S506 - both are safe ones
    config: Config = filled(template, _values(settings))
    return config


def _values(settings: EdgeSettings) -> dict[str, Any]:
    """By the names of the placeholders: those of the settings, and some more."""
    admin = settings.admin
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        **{name: str(value) if isinstance(value, Path) else value for name, value in values.items()},
        **{name: f"{value:g}s" for name, value in values.items() if name.endswith("_seconds")},
        **{service: _endpoints(values[service]) for service in ("auth", "quota", "retrieval", "chat", "web")},
        "admin": {"pipe": {"path": str(admin), "mode": 0o600}} if isinstance(admin, Path) else _socket_address(admin),
        "http": _listening_address(settings.http),
        "https": _listening_address(settings.https),
        "internal_tls": settings.internal_tls
        and _upstream_tls(settings.internal_tls, "h2"),  # gRPC servers insist on it
        "internal_tls_http1": settings.internal_tls and _upstream_tls(settings.internal_tls, "http/1.1"),
        "dashboard": bool(settings.web),
        "dashboard_hosts": dashboard_hosts(settings.dashboard_url),
        "page_headers": page_headers(),
        "page.html": PAGE.read_text("utf-8"),
        "edge_asks_quota": not settings.auth_asks_quota,
        "door_of_questions": "question" if settings.auth_asks_quota else "",
        "rate_limit_domain": RATE_LIMIT_DOMAIN,
        "x_ratelimit_limit": str(settings.failed_attempts_per_minute),
        "connections_of_both": 2 * settings.connections_per_listener,
        "descriptor_set": str(DESCRIPTOR_SET),
        "maximum_body_bytes": MAXIMUM_BODY_BYTES,
        # A whole request and its reply; a client that reads slowly holds no more than this.
        "connection_buffer_bytes": 2 * MAXIMUM_BODY_BYTES,
        "edge.lua": script("edge"),
        "chat.lua": script("chat"),
        **trace_values(settings.traces, settings.trusted_proxies),
        **_texts(),
    }


def _texts() -> dict[str, str]:
    """The public texts, and what goes with them in a reply."""
    return {
        **{str(text): text.template for text in (*Text, *EdgeText)},
        **{str(text): text.format(kib=MAXIMUM_BODY_BYTES // 1024) for text in TOO_LARGE},
        **{str(code): str(code.value[0]) for code in StatusCode},
        "retry_after": str(DEFAULT_RETRY_AFTER),
    }


def _endpoints(replicas: Sequence[Address]) -> list[Config]:
    return [{"lb_endpoints": [{"endpoint": {"address": _socket_address(address)}} for address in replicas]}]


def _socket_address(address: Address) -> Config:
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _listening_address(address: Address) -> Config:
    rendered = _socket_address(address)
    if address.host == "::":
        # Every address of the machine, as 0.0.0.0 is; IPv4 clients keep their IPv4 addresses in allowlists and limits.
        rendered["socket_address"]["ipv4_compat"] = True
    return rendered


def _upstream_tls(files: InternalTls, protocol: str) -> Config:
    """Mutual TLS with a service, for its health checks too."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": INTERNAL_NAME,
            "common_tls_context": {
                "alpn_protocols": [protocol],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(files.certificate)},
                        "private_key": {"filename": str(files.key)},
                    }
                ],
                "validation_context": {
                    "trusted_ca": {"filename": str(files.ca)},
                    "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": INTERNAL_NAME}}],
                },
            },
        },
    }
