"""The access log: one JSON line a request, with what an operator needs and no secret."""

import json
from typing import Any

from tests.edge.edge_stack import Edge, wait_until


def line_of(edge: Edge, request_id: str) -> dict[str, Any]:
    def lines() -> list[dict[str, Any]]:
        text = edge.access_log.read_text()
        return [line for line in map(json.loads, text.splitlines()) if line["request_id"] == request_id]

    wait_until(lambda: request_id in edge.access_log.read_text(), "the request is in the log")
    (line,) = lines()
    return line


def test_a_request_is_one_line(edge: Edge) -> None:
    reply = edge.ask({"message": "hi", "stream": True}, path="/v1/chat?secret=1")
    line = line_of(edge, reply.one("x-request-id"))
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/chat:stream", 200)
    assert (line["key_id"], line["chatbot_id"], line["client"]) == ("key_good", "bot_1", "127.0.0.1")
    assert line["upstream"] == f"127.0.0.1:{edge.stubs.ports['chat']}"
    assert line["response_bytes"] == len(reply.body)
    assert line["duration_ms"] >= 0


def test_a_refusal_says_who_refused(edge: Edge) -> None:
    for key, details in (("wrong", "ext_authz_denied"), ("over-limit", "request_rate_limited")):
        line = line_of(edge, edge.ask({"message": "hi"}, key=key).one("x-request-id"))
        assert line["details"] == details
        assert line["upstream"] is None


def test_no_key_and_no_question_is_in_the_log(edge: Edge) -> None:
    secret = "cm_live_abcdefghijklmnopqrstuvwxyz012345"
    reply = edge.ask({"message": f"question {secret}"}, key=secret, path=f"/v1/chat?key={secret}")
    line_of(edge, reply.one("x-request-id"))
    assert secret not in edge.access_log.read_text()
    assert secret not in edge.log.read_text()
