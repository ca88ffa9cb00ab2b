"""What load balancers ask: it costs nobody a call, needs no key, counts nowhere and stands in no log."""

import json

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.each import for_each
from tests.edge.edge_stack import Edge
from tests.edge.test_edge_log import line_of
from tests.waiting import PATIENCE

SERVING = health_pb2.HealthCheckResponse.SERVING


def calls(edge: Edge) -> list[int]:
    return [len(edge.stubs.calls(service)) for service in ("auth", "quota", "chat")]


@for_each("method", ["GET", "HEAD"])
def test_healthz_is_200_and_says_nothing(edge: Edge, method: str) -> None:
    before = calls(edge)
    reply = edge.ask(method=method, path="/healthz", key=None, headers={})
    assert (reply.status, reply.body) == (200, b"")
    assert {name.lower() for name, _ in reply.headers} <= {"content-length", "date", "transfer-encoding"}
    assert calls(edge) == before


def test_healthz_is_read_and_nothing_else(edge: Edge) -> None:
    reply = edge.ask({}, path="/healthz")
    assert (reply.one("allow"), reply.error(405)) == ("GET", "Method not allowed: use GET.")
    assert edge.ask(method="GET", path="/healthz/").status == 404


def test_chat_tells_its_health_over_grpc_without_a_key(edge: Edge, channel: grpc.Channel) -> None:
    before, health = calls(edge), health_pb2_grpc.HealthStub(channel)
    assert health.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE).status == SERVING
    with pytest.raises(grpc.RpcError) as caught:
        health.Check(health_pb2.HealthCheckRequest(service="x"), timeout=PATIENCE)
    error: grpc.Call = caught.value  # type: ignore[assignment]
    assert error.code() == grpc.StatusCode.NOT_FOUND
    assert calls(edge) == before


def test_no_question_for_health_is_in_the_log(edge: Edge) -> None:
    edge.ask(method="GET", path="/healthz", key=None)
    with grpc.insecure_channel(f"127.0.0.1:{edge.http_port}") as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    line_of(edge, edge.ask({"message": "hi"}).one("x-request-id"))
    routes = {json.loads(line)["route"] for line in edge.access_log.read_text().splitlines()}
    assert not {"health", "grpc-health"} & routes
