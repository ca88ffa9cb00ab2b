"""The grammar of a streamed answer, and that it says what the unary one says."""

import socket
from urllib.parse import urlsplit

from tests.each import for_each
from tests.waiting import PATIENCE

from .client import QUESTION, Client

# The grammar of a stream is the same on all databases.
MODES = ("embedded",)

QUESTIONS = [
    QUESTION,
    "When does the shop close on Saturdays?",
    "How long does the battery take to charge?",
    "Who won the football world cup of 1998?",
]


def test_a_stream_is_tokens_then_sources_then_done(client: Client) -> None:
    reply = client.ask(stream=True)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    kinds = [event["type"] for event in reply.events]
    tokens = kinds.index("sources")
    assert tokens > 0
    assert kinds == ["token"] * tokens + ["sources", "done"]


def test_every_event_has_the_fields_of_its_kind_and_no_others(client: Client) -> None:
    fields = {"token": {"type", "content"}, "sources": {"type", "sources"}, "done": {"type"}}
    for event in client.ask(stream=True).events:
        assert set(event) == fields[event["type"]]


@for_each("question", QUESTIONS)
def test_stream_and_unary_give_the_same_text_and_sources(client: Client, question: str) -> None:
    whole, streamed = client.ask(question).json, client.ask(question, stream=True)
    assert streamed.streamed_text == whole["message"]
    assert streamed.of_type("sources") == [{"type": "sources", "sources": whole["sources"]}]


def test_declined_sources_send_no_sources_event(client: Client) -> None:
    kinds = [event["type"] for event in client.ask(stream=True, include_sources=False).events]
    assert "sources" not in kinds
    assert kinds[-1] == "done"


def test_an_answer_that_rests_on_nothing_sends_an_empty_list(client: Client) -> None:
    reply = client.ask(QUESTIONS[-1], stream=True)
    assert reply.of_type("sources") == [{"type": "sources", "sources": []}]


def test_an_accept_header_does_not_change_the_kind_of_reply(client: Client) -> None:
    assert client.ask(headers={"accept": "text/event-stream"}).headers["content-type"] == "application/json"


def test_a_stream_on_the_wire_is_nothing_but_data_lines(client: Client) -> None:
    """Read with a plain socket, so that no library tidies anything up."""
    url = urlsplit(client.base_url)
    body = f'{{"message":"{QUESTION}","stream":true}}'
    with socket.create_connection((url.hostname, url.port), timeout=PATIENCE) as connection:
        connection.sendall(
            f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        raw = b""
        while piece := connection.recv(65536):
            raw += piece
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"transfer-encoding: chunked" in head.lower()
    payload = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        payload += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    lines = payload.decode().split("\n")
    assert [line for line in lines if line and not line.startswith("data: {")] == []
    assert lines[1::2] == [""] * (len(lines) // 2)
