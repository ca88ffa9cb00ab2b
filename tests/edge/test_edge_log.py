"""The access log: one JSON line a request, with what an operator needs and no secret."""

import json
from typing import Any
from urllib.parse import unquote

from tests.each import for_each
from tests.edge.edge_reply import parse
from tests.edge.edge_stack import Edge
from tests.edge.widget_door import VISITORS_OWN, call
from tests.waiting import eventually


def line_of(edge: Edge, request_id: str) -> dict[str, Any]:
    def lines() -> list[dict[str, Any]]:
        # The last line may be half written.
        whole = edge.access_log.read_text().split("\n")[:-1]
        return [json.loads(line) for line in whole if f'"request_id":"{request_id}"' in line]

    eventually(lambda: bool(lines()), what="the request is in the log")
    (line,) = lines()
    return line


def test_a_request_is_one_line(edge: Edge) -> None:
    reply = edge.ask({"message": "hi", "stream": True}, path="/v1/chat?secret=1")
    line = line_of(edge, reply.one("x-request-id"))
    assert (line["method"], line["path"], line["route"]) == ("POST", "/v1/chat", "chat-stream")
    assert line["status"] == 200
    assert (line["key_id"], line["chatbot_id"], line["client"]) == ("key_good", "bot_1", "127.0.0.1")
    assert line["upstream"] == f"127.0.0.1:{edge.stubs.ports['chat']}"
    assert line["response_bytes"] == len(reply.body)
    assert line["duration_ms"] >= 0


@for_each(("method", "path"), VISITORS_OWN)
def test_the_method_is_the_one_that_the_client_sent(edge: Edge, method: str, path: str) -> None:
    assert line_of(edge, call(edge, method, path).one("x-request-id"))["method"] == method


def test_a_refusal_says_who_refused(either_edge: Edge) -> None:
    assert either_edge.settings is not None
    of_the_minute = "ext_authz_denied" if either_edge.settings.auth_asks_quota else "request_rate_limited"
    for key, whose, details in (("wrong", None, "ext_authz_denied"), ("over-limit", "key_over-limit", of_the_minute)):
        line = line_of(either_edge, either_edge.ask({"message": "hi"}, key=key).one("x-request-id"))
        assert (line["details"], line["key_id"], line["upstream"]) == (details, whose, None)


SECRET = "cm_live_abcdefghijklmnopqrstuvwxyz012345"
# What nobody may find again, however it is written.
CORE = SECRET[8:]
HEAD = f"POST /v1/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET}\r\n"


PATHS = [
    *("/v1/chat?key={}", "/v1/chat/{}", "/{}", "//{}/v1/chat", "/v1/chat;{}", "/v1/{}%2Fchat", "/{}\\"),
    *("/{}#a", "/v1/chat#{}", "/{}%00", "/%00{}", "/{}%zz", "/../../{}", "/v1/chat/..%2f{}", "*{}", "{}"),
    *("http://{}/v1/chat", "https://x/{}", "ftp://{}/", "http://x/{}", "/a?b=/{}"),
    *("/chatmount.chat.v1.ChatService/{}", "/grpc.reflection.v1.{}/A", "/v1/chat:stream?{}", "/v1/chat:{}"),
]


@for_each(
    "written",
    [
        SECRET,
        SECRET.upper(),
        SECRET[:3] + CORE,
        SECRET.replace("_", "%5F"),
        SECRET.replace("_", "%255f"),
        "%63" + SECRET[1:],
        "".join(f"%{ord(character):02x}" for character in SECRET),
    ],
)
@for_each("content_type", ["application/json", "application/grpc"])
def test_no_key_in_a_path_is_in_the_log(edge: Edge, written: str, content_type: str) -> None:
    replies = []
    for path in PATHS:
        head = HEAD.replace("/v1/chat", path.format(written)) + f"content-type: {content_type}\r\n"
        replies.append(edge.send(f"{head}connection: close\r\n\r\n".encode(), until_closed=False))
    assert_nothing_leaked(edge, *replies)


@for_each(
    "head",
    [
        HEAD + f"x-request-id: {SECRET}\r\ncontent-length: x\r\n",
        HEAD.replace("/v1/chat", "/v1/chat#a") + f"x-request-id: {SECRET}\r\n",
        HEAD.replace("host: x\r\n", "") + f"x-request-id: {SECRET}\r\n",
        HEAD.replace("host: x", f"host: {SECRET}") + "bad header\r\n",
        HEAD.replace("host: x", f"host: {SECRET},x"),
        HEAD.replace("POST", SECRET),
        HEAD
        + f"x-forwarded-for: {SECRET}\r\nuser-agent: {SECRET}\r\nreferer: http://x/{SECRET}\r\ncookie: {SECRET}\r\n",
        HEAD + f"{SECRET}: x\r\nexpect: {SECRET}\r\nupgrade: {SECRET}\r\nconnection: {SECRET}\r\n",
        HEAD + f"transfer-encoding: {SECRET}\r\n",
        HEAD + f"content-type: {SECRET}\r\nidempotency-key: {SECRET}\r\nte: {SECRET}\r\ngrpc-timeout: {SECRET}\r\n",
    ],
)
def test_no_key_in_a_header_is_in_the_log(edge: Edge, head: str) -> None:
    assert_nothing_leaked(edge, edge.send(f"{head}connection: close\r\n\r\n".encode(), until_closed=False))


def assert_nothing_leaked(edge: Edge, *replies: bytes) -> None:
    for reply in replies:
        line_of(edge, parse(reply).one("x-request-id"))
    for said in (edge.access_log.read_text(), edge.log.read_text(), *(reply.decode("latin-1") for reply in replies)):
        plain = said.lower()
        for _ in range(3):
            assert CORE not in plain
            plain = unquote(plain)


def test_no_question_is_in_the_log(edge: Edge) -> None:
    reply = edge.ask({"message": f"question {SECRET}"})
    line_of(edge, reply.one("x-request-id"))
    for said in (edge.access_log.read_text(), edge.log.read_text()):
        assert CORE not in said
        assert "question" not in said
