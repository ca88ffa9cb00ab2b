"""Envoy towards services over mutual TLS: it calls those of the installation alone."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.transport import InternalTls, own_files
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Address, Edge, running_edge
from tests.edge.visits import visit
from tests.waiting import eventually


@contextmanager
def healthy_service(tls: InternalTls | None) -> Iterator[Address]:
    """A gRPC server that is well and nothing else."""
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    here = "127.0.0.1:0"
    port = server.add_insecure_port(here) if tls is None else server.add_secure_port(here, tls.server_credentials())
    server.start()
    try:
        yield Address("127.0.0.1", port)
    finally:
        server.stop(None).wait()


class Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@contextmanager
def healthy_web(tls: InternalTls | None) -> Iterator[Address]:
    """An HTTP server that is well and nothing else."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Well) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            context.load_verify_locations(tls.ca)
            context.verify_mode = ssl.CERT_REQUIRED
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Address("127.0.0.1", server.server_port)
        server.shutdown()


def flags(edge: Edge, service: str, address: Address) -> str:
    """What Envoy thinks of a replica's health."""
    line = f"{service}::{address.host}:{address.port}::health_flags::"
    return edge.admin("/clusters").partition(line)[2].partition("\n")[0].strip()


def test_web_is_asked_over_mutual_tls_too(tmp_path: Path, stubs: Stubs) -> None:
    right = ensure_internal_certificates(tmp_path / "home")
    foreign = ensure_internal_certificates(tmp_path / "foreign")
    with (
        healthy_web(right) as well,
        healthy_web(foreign) as stranger,
        healthy_web(None) as plain,
        running_edge(tmp_path, stubs, web=[well, stranger, plain], internal_tls=right) as edge,
    ):
        eventually(lambda: flags(edge, "web", well) == "healthy", what="the right one is well")
        for address in (stranger, plain):
            eventually(
                lambda address=address: flags(edge, "web", address) == "/failed_active_hc", what="others are not"
            )  # type: ignore[misc]
        # Auth is none of this installation either, and these files need nobody to be signed in.
        assert visit(edge, "/dashboard/static/x").status == 200


def test_only_services_with_the_installations_certificate_and_name_are_well(
    tmp_path: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ensure_internal_certificates(tmp_path / "home")
    foreign = ensure_internal_certificates(tmp_path / "foreign")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "secrets").mkdir(parents=True)
    for file in (right.ca, right.ca.with_suffix(".key")):
        (elsewhere / "secrets" / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr("services.trust.internal_certificates.NAME", "elsewhere.internal")
    misnamed = ensure_internal_certificates(elsewhere)
    assert misnamed == own_files(elsewhere)
    assert misnamed.ca.read_bytes() == right.ca.read_bytes()

    with (
        healthy_service(right) as well,
        healthy_service(InternalTls(right.ca, foreign.certificate, foreign.key)) as stranger,
        healthy_service(misnamed) as misnomer,
        healthy_service(None) as plain,
        running_edge(tmp_path, stubs, retrieval=[well, stranger, misnomer, plain], internal_tls=right) as edge,
    ):
        eventually(lambda: flags(edge, "retrieval", well) == "healthy", what="the right one is well")
        for address in (stranger, misnomer, plain):
            eventually(
                lambda address=address: flags(edge, "retrieval", address) == "/failed_active_hc", what="others are not"
            )  # type: ignore[misc]
