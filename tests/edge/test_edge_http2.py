"""HTTP/2 at the public port, frame by frame: what clients that check their own requests never send."""

import socket
from contextlib import closing

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamReset

from tests.edge.edge_stack import Edge

PSEUDO = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/v1/chat")]
HEADERS = [*PSEUDO, ("authorization", "Bearer good")]


@pytest.mark.parametrize(
    "malformed",
    [
        [*HEADERS, ("idempotency-key", "a\x7f")],
        [*HEADERS, ("X-Upper", "case")],
        [*HEADERS, ("connection", "close")],
        [*PSEUDO[:3], HEADERS[-1]],
    ],
    ids=["a control character", "upper case", "a header of HTTP/1", "no path"],
)
def test_a_malformed_request_breaks_no_other_of_its_connection(edge: Edge, malformed: list[tuple[str, str]]) -> None:
    lenient = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
    client = H2Connection(lenient)
    seen = []
    with closing(socket.create_connection(("127.0.0.1", edge.http_port), timeout=10)) as connection:
        client.initiate_connection()
        for stream, headers in ((1, malformed), (3, HEADERS)):
            client.send_headers(stream, headers)
            client.send_data(stream, b'{"message":"hi"}', end_stream=True)
        connection.sendall(client.data_to_send())
        while len(seen) < 2:
            received = connection.recv(65536)
            assert received, f"the connection was closed after {seen}"
            for event in client.receive_data(received):
                if isinstance(event, StreamReset):
                    seen.append((event.stream_id, "reset"))
                elif isinstance(event, ResponseReceived):
                    seen.append((event.stream_id, dict(event.headers)[b":status"].decode()))
            connection.sendall(client.data_to_send())
    assert sorted(seen) == [(1, "reset"), (3, "200")]
