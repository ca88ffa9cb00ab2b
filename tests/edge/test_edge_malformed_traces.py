"""What a client or a proxy says of a trace, when it is none: as if nothing had been said."""

from collections.abc import Iterator

import pytest

from services.observe.spans import LONGEST_STATE
from tests.collector import Collector
from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import JSON, Edge
from tests.edge.test_edge_traces import PARENT, SAMPLED, carried, traced

# https://www.w3.org/TR/trace-context/ allows none of these.
MALFORMED = {
    "empty": "",
    "words": "not a trace",
    "no trace": f"00-{'0' * 32}-00f067aa0ba902b7-01",
    "no span": f"00-{PARENT}-{'0' * 16}-01",
    "version": f"ff-{PARENT}-00f067aa0ba902b7-01",
    "upper case": SAMPLED.upper(),
    "too short": SAMPLED[:-1],
    "too long": SAMPLED + "-00",
    "no hex": SAMPLED.replace("4", "g"),
    "twice": f"{SAMPLED}, {SAMPLED}",
    "not ascii": SAMPLED + "\xfc",
    "huge": "0" * 20_000,
}
STATES = {
    "empty": "",
    "no pairs": ",;==,,",
    "not ascii": "vendor=\xfc\xff",
    "many": ",".join(f"v{number}=1" for number in range(200)),
    "huge": f"vendor={'x' * 20_000}",
}


@pytest.fixture(scope="module", params=[0, 1], ids=["from a client", "from a trusted proxy"])
def traced_edge(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, stubs: Stubs
) -> Iterator[tuple[Edge, Collector]]:
    """One that sends its spans."""
    with traced(tmp_path_factory.mktemp("traced"), stubs, trusted_proxies=request.param) as both:
        yield both


@for_each("traceparent", MALFORMED.values())
def test_a_malformed_traceparent_fails_no_request_and_is_no_fault(
    traced_edge: tuple[Edge, Collector], traceparent: str
) -> None:
    told = told_by(traced_edge, traceparent, "vendor=1")
    _, trace_id, _, flags = told["traceparent"].split("-")
    assert (trace_id != PARENT, flags) == (True, "01")
    # It begins a trace of its own, which is sent.
    _, collector = traced_edge
    collector.trace(trace_id, ["POST /v1/chat"])


@for_each("tracestate", STATES.values())
def test_a_malformed_tracestate_fails_no_request_and_is_no_fault(
    traced_edge: tuple[Edge, Collector], tracestate: str
) -> None:
    assert len(told_by(traced_edge, SAMPLED, tracestate).get("tracestate", "")) <= LONGEST_STATE


def told_by(traced_edge: tuple[Edge, Collector], traceparent: str, tracestate: str) -> dict[str, str]:
    """What Chat hears of a trace when a request has these headers, which is answered as any other."""
    edge, _ = traced_edge
    logged = edge.log.read_text("utf-8")
    headers = JSON | {"x-forwarded-for": "203.0.113.7", "traceparent": traceparent, "tracestate": tracestate}
    reply = edge.ask({"message": "hi"}, headers=headers)
    assert (reply.status, edge.log.read_text("utf-8")) == (200, logged)
    return carried(edge.stubs, "chat")
