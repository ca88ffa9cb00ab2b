"""What else visitors and others may try at the widget's paths."""

import grpc
import pytest
from chatmount.chat.v1 import visitor_pb2, visitor_pb2_grpc

from tests.each import for_each
from tests.edge.edge_stack import NOTHING_HERE, Edge
from tests.edge.widget_door import CHAT, CONVERSATION, RATING, ask, assert_untold, call
from tests.waiting import PATIENCE


@for_each("query", ["?utm_source=a", "?request_id=r9&rating=down", "?a[]=1&b", "?%00"])
def test_a_query_changes_nothing(edge: Edge, query: str) -> None:
    assert call(edge, "GET", CONVERSATION + query).json().keys() == {"turns"}
    assert call(edge, "DELETE", CONVERSATION + query).json() == {}
    assert call(edge, "POST", f"{RATING}{query}").json() == {}
    seen = edge.stubs.last("visitor")
    assert (seen["turn"], seen["rating"]) == ("0a1b-2c", "up")


def test_a_ticket_opens_nothing_else(edge: Edge) -> None:
    assert edge.ask({"message": "hi"}, key="ticket").error(401)
    with grpc.insecure_channel(f"127.0.0.1:{edge.http_port}") as channel, pytest.raises(grpc.RpcError) as refused:
        visitor_pb2_grpc.VisitorServiceStub(channel).GetConversation(
            visitor_pb2.GetConversationRequest(), metadata=(("authorization", "Bearer ticket"),), timeout=PATIENCE
        )
    error: object = refused.value
    assert isinstance(error, grpc.Call)
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


@for_each(
    ("path", "methods", "allow"),
    [
        (CHAT, ("GET", "PUT", "OPTIONS", "DELETE"), "POST"),
        (RATING, ("GET", "OPTIONS"), "POST"),
        (CONVERSATION, ("POST", "PUT", "OPTIONS"), "GET, DELETE"),
        ("/widget/v1/ticket/wgt_1", ("GET", "OPTIONS", "HEAD"), "POST"),
        ("/widget/frame/wgt_1", ("POST", "OPTIONS"), "GET"),
        ("/widget/wgt_1.js", ("POST", "OPTIONS"), "GET"),
        ("/widget/static/1a2b/frame.js", ("POST", "OPTIONS"), "GET"),
    ],
)
def test_other_methods_are_405(edge: Edge, path: str, methods: tuple[str, ...], allow: str) -> None:
    for method in methods:
        reply = edge.ask(key="ticket", method=method, path=path)
        assert (reply.status, reply.one("allow")) == (405, allow)
        if method != "HEAD":
            assert allow.replace(", ", " or ") in reply.error(405)
        assert_untold(reply)


@for_each(
    "path",
    [
        *(
            "/widget",
            "/widget/",
            "/widget/v1/",
            "/widget/v1/chat/",
            "/widget/v1/chat:stream",
            "/widget/v1/conversations",
        ),
        *("/widget/v1/ticket/", "/widget/v1/ticket/bot_1", "/widget/frame/", "/widget/frame/wgt_", "/widget/bot_1.js"),
        *("/widget/wgt_1", "/widget/wgt_1.js/", "/widget/wgt_a%2fb.js", "/Widget/wgt_1.js", "//widget/wgt_1.js"),
        *("/widget/v1/turns//rating", "/widget/v1/turns/a/b/rating", "/widget/dashboard/", "/widget/healthz"),
    ],
)
def test_other_paths_are_404(edge: Edge, path: str) -> None:
    calls = len(edge.stubs.calls("web")), len(edge.stubs.calls("auth"))
    for method in ("GET", "POST"):
        reply = edge.ask(key="ticket", method=method, path=path)
        assert reply.error(404) == NOTHING_HERE
    assert (len(edge.stubs.calls("web")), len(edge.stubs.calls("auth"))) == calls


@for_each("path", [CONVERSATION, RATING, "/widget/v1/ticket/wgt_1"])
def test_what_calls_itself_grpc_is_404(edge: Edge, path: str) -> None:
    headers = {"content-type": "application/grpc"}
    assert edge.ask(b"", key="ticket", path=path, headers=headers).error(404) == NOTHING_HERE


def test_a_question_is_a_question_whatever_its_type_says(edge: Edge) -> None:
    for kind in ("text/plain", "application/grpc", "application/x-www-form-urlencoded"):
        assert ask(edge, headers={"content-type": kind}).one("content-type").startswith("text/event-stream")
        assert_untold(ask(edge, key="unknown", headers={"content-type": kind}))
