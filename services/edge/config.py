"""Renders envoy/envoy.yaml for a stack whose addresses, ports, paths and limits are not those of compose.yaml."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from services.config.addresses import Address
from services.edge.clusters import Config, render_credential, render_pings, socket_address, upstream_tls
from services.edge.connections import write_pressure
from services.trust.transport import InternalTls

TEMPLATE = Path(__file__).parents[2] / "envoy" / "envoy.yaml"
LUA_DIRECTORY = TEMPLATE.parent / "lua"

RENDERED_NAME = "envoy.json"
LONGEST_SOCKET_PATH = 107  # what sockaddr_un holds

CONNECTIONS = 8000
DEFAULT_HTTP = Address("0.0.0.0", 8080)  # noqa: S104 - the public listeners are public
DEFAULT_HTTPS = Address("0.0.0.0", 8443)  # noqa: S104


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What differs from one stack to the next. Limits that are not given are those of envoy.yaml."""

    auth: Sequence[Address]
    quota: Sequence[Address]
    retrieval: Sequence[Address]
    chat: Sequence[Address]
    """Every replica of each service."""
    descriptor_set: Path
    certificate: Path
    private_key: Path
    credential: Path
    """The file with the edge's token, see services/edge/credential.py."""
    connection_pressure: Path
    """The file with how full the listeners are, see services/edge/connections.py."""
    admin: Path | Address
    """A socket file of at most 107 bytes, or an address: whoever reaches it can stop Envoy."""
    http: Address = DEFAULT_HTTP
    https: Address = DEFAULT_HTTPS
    internal_tls: InternalTls | None = None
    """How the services are reached; None: without TLS."""
    lua: Path = field(default=LUA_DIRECTORY)
    trusted_proxies: int = 0
    """How many proxies in front append the address that they saw to X-Forwarded-For. 0: the peer is the client."""
    failed_attempts_per_minute: int = 60
    """What X-RateLimit-Limit says of an unknown key when Auth can't be asked."""
    check_timeout_seconds: float = 3
    """How long Auth, and then Quota, may take."""
    unary_timeout_seconds: float = 60
    stream_idle_seconds: float = 60
    """A stream that is silent for so long is broken; it must be longer than the time between two pings."""
    ping_seconds: float = 11
    """How often a connection to a service is tried while it is open."""
    pong_seconds: float = 8
    """How long a service may take to answer that before its connection is closed, with all requests that wait on it."""
    connections_per_listener: int = CONNECTIONS
    """A connection above it is closed at once."""
    silent_seconds: float = 15
    """How long a connection may be open before its first byte."""
    flush_seconds: float = 30
    """How long a client may take no more of a reply that is whole."""
    requests_per_service: int = 8192
    """At once, over all replicas of a service and for each worker of Envoy together; one above it is answered 503."""

    def __post_init__(self) -> None:
        if isinstance(self.admin, Path) and len(os.fsencode(self.admin)) > LONGEST_SOCKET_PATH:
            raise ValueError(f"the path of the admin socket is longer than {LONGEST_SOCKET_PATH} bytes: {self.admin}")
        timeouts = (self.check_timeout_seconds, self.unary_timeout_seconds, self.stream_idle_seconds)
        if min(*timeouts, self.ping_seconds, self.pong_seconds) <= 0:
            raise ValueError("a timeout of the edge must be more than 0 seconds")
        if self.trusted_proxies < 0:
            raise ValueError("the number of trusted proxies can't be negative")


def render(template: str, settings: EdgeSettings) -> Config:
    """The configuration of `template` (YAML text) with the settings put in."""
    config: Config = yaml.safe_load(template)
    config["admin"]["address"] = (
        {"pipe": {"path": str(settings.admin), "mode": 0o600}}
        if isinstance(settings.admin, Path)
        else socket_address(settings.admin)
    )
    connections, pressure = (each["typed_config"] for each in config["overload_manager"]["resource_monitors"])
    connections["max_active_downstream_connections"] = 2 * settings.connections_per_listener
    pressure["filename"] = str(settings.connection_pressure)
    limits = config["layered_runtime"]["layers"][0]["static_layer"]
    limits.update(dict.fromkeys(limits, settings.connections_per_listener))
    resources = config["static_resources"]
    for listener in resources["listeners"]:
        listener["address"] = _listening_address(getattr(settings, listener["name"]))
        _render_listener(listener, settings)
    for cluster in resources["clusters"]:
        replicas: Sequence[Address] = getattr(settings, cluster["name"])
        cluster["load_assignment"]["endpoints"] = [
            {"lb_endpoints": [{"endpoint": {"address": socket_address(address)}} for address in replicas]}
        ]
        (thresholds,) = cluster["circuit_breakers"]["thresholds"]
        thresholds["max_requests"] = settings.requests_per_service
        render_credential(cluster, settings.credential)
        render_pings(cluster, settings.ping_seconds, settings.pong_seconds)
        if settings.internal_tls is not None:
            cluster["transport_socket"] = upstream_tls(settings.internal_tls)
    return config


def write_edge_config(settings: EdgeSettings, into: Path) -> Path:
    """Writes the rendered configuration into the directory `into`; returns the file's path."""
    path = into / RENDERED_NAME
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(render(TEMPLATE.read_text(), settings), indent=2))
    fresh.replace(path)
    write_pressure(0, settings.connection_pressure)
    return path


def _render_listener(listener: Config, settings: EdgeSettings) -> None:
    listener["listener_filters_timeout"] = f"{settings.silent_seconds:g}s"
    for chain in listener["filter_chains"]:
        (manager,) = (each["typed_config"] for each in chain["filters"])
        manager["xff_num_trusted_hops"] = settings.trusted_proxies
        manager["stream_flush_timeout"] = f"{settings.flush_seconds:g}s"
        for each in manager["http_filters"]:
            _render_paths(each["typed_config"], settings)
            _render_check(each["typed_config"], settings)
        for header in _headers_of_local_replies(manager):
            if header["key"] == "x-ratelimit-limit":
                header["value"] = str(settings.failed_attempts_per_minute)
        for route in _public_routes(manager):
            known = route["metadata"]["filter_metadata"]["envoy.filters.http.lua"]
            if "failed_attempts_per_minute" in known:
                known["failed_attempts_per_minute"] = settings.failed_attempts_per_minute
            if route["route"]["timeout"] == "0s":
                route["route"]["idle_timeout"] = f"{settings.stream_idle_seconds:g}s"
            else:
                route["route"]["timeout"] = f"{settings.unary_timeout_seconds:g}s"
        if "transport_socket" in chain:
            tls = chain["transport_socket"]["typed_config"]["common_tls_context"]
            tls["tls_certificates"] = [
                {
                    "certificate_chain": {"filename": str(settings.certificate)},
                    "private_key": {"filename": str(settings.private_key)},
                }
            ]


def _headers_of_local_replies(manager: Config) -> Iterator[Config]:
    for mapper in manager["local_reply_config"]["mappers"]:
        yield from (added["header"] for added in mapper.get("headers_to_add", ()))


def _public_routes(manager: Config) -> Iterator[Config]:
    for host in manager["route_config"]["virtual_hosts"]:
        yield from (route for route in host["routes"] if "route" in route)


def _render_paths(typed_config: Config, settings: EdgeSettings) -> None:
    if "proto_descriptor" in typed_config:
        typed_config["proto_descriptor"] = str(settings.descriptor_set)
    script = typed_config.get("default_source_code")
    if script:
        script["filename"] = str(settings.lua / Path(script["filename"]).name)


def _render_check(typed_config: Config, settings: EdgeSettings) -> None:
    """Auth is asked by a `grpc_service`, Quota by one in a `rate_limit_service`, whose filter has a timeout as well."""
    limiter = typed_config.get("rate_limit_service")
    service = (limiter or typed_config).get("grpc_service")
    if service:
        timeout = f"{settings.check_timeout_seconds:g}s"
        service["timeout"] = service["retry_policy"]["retry_back_off"]["max_interval"] = timeout
    if limiter:
        typed_config["timeout"] = timeout


def _listening_address(address: Address) -> Config:
    rendered = socket_address(address)
    if address.host == "::":
        # Every address of the machine, as 0.0.0.0 is; IPv4 clients keep their IPv4 addresses in allowlists and limits.
        rendered["socket_address"]["ipv4_compat"] = True
    return rendered
