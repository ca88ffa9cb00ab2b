"""The part of Envoy's configuration that says how it reaches a service."""

from pathlib import Path
from typing import Any

from services.config.addresses import Address
from services.trust.transport import NAME as INTERNAL_NAME
from services.trust.transport import InternalTls

Config = dict[str, Any]


def render_credential(cluster: Config, file: Path) -> None:
    """Has the edge's token read from `file`, where the cluster shows it."""
    (options,) = cluster["typed_extension_protocol_options"].values()
    for each in options.get("http_filters", ()):
        if "credential" in each["typed_config"]:
            generic = each["typed_config"]["credential"]["typed_config"]
            generic["credential"]["sds_config"]["path_config_source"]["path"] = str(file)


def render_pings(cluster: Config, ping_seconds: float, pong_seconds: float) -> None:
    """How often a connection is tried, and how long an answer may take."""
    (options,) = cluster["typed_extension_protocol_options"].values()
    keepalive = options["explicit_http_config"]["http2_protocol_options"]["connection_keepalive"]
    keepalive["interval"], keepalive["timeout"] = f"{ping_seconds:g}s", f"{pong_seconds:g}s"


def upstream_tls(files: InternalTls) -> Config:
    """Mutual TLS with a service, for its health checks too."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": INTERNAL_NAME,
            "common_tls_context": {
                # gRPC servers insist on it.
                "alpn_protocols": ["h2"],
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


def socket_address(address: Address) -> Config:
    """As Envoy writes an address."""
    return {"socket_address": {"address": address.host, "port_value": address.port}}
