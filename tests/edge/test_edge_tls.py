"""Envoy towards services over mutual TLS: it calls those of the installation alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.transport import InternalTls, own_files
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Address, running_edge
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

        def flags(address: Address) -> str:
            line = f"retrieval::{address.host}:{address.port}::health_flags::"
            return edge.admin("/clusters").partition(line)[2].partition("\n")[0].strip()

        eventually(lambda: flags(well) == "healthy", what="the right one is well")
        for address in (stranger, misnomer, plain):
            eventually(lambda address=address: flags(address) == "/failed_active_hc", what="others are not")  # type: ignore[misc]
