"""Questions of visitors at the public port: with a ticket, always as a stream, and nothing else leads there."""

import json

from tests.each import for_each
from tests.edge.edge_stack import TOO_LARGE, Edge
from tests.edge.test_edge_log import line_of
from tests.edge.widget_door import CHAT, CONVERSATION, RATING, VISITORS_OWN, ask, assert_untold, call
from tests.waiting import eventually


@for_each("body", [{}, {"stream": False}, {"stream": True}, {"session_id": "user-42"}])
def test_a_question_always_gets_a_stream(edge: Edge, body: dict[str, object]) -> None:
    reply = ask(edge, {"message": "hi", **body}, path=f"{CHAT}?message=other")
    assert (reply.status, reply.one("content-type")) == (200, "text/event-stream; charset=utf-8")
    events = [json.loads(line.removeprefix("data: ")) for line in reply.body.decode().split("\n\n") if line]
    assert [event["type"] for event in events] == ["token", "token", "sources", "done"]
    assert reply.one("cache-control") == "no-store"
    assert_untold(reply)
    seen = edge.stubs.last("chat")
    assert (seen["method"], seen["message"]) == ("StreamChat", "hi")
    assert seen["metadata"]["authorization"] == "Bearer jwt-of-visitor"
    assert seen["metadata"]["x-request-id"] == reply.one("x-request-id")
    assert not {"cookie", "origin", "x-envoy-external-address"} & seen["metadata"].keys()


@for_each(("method", "path"), VISITORS_OWN)
def test_the_ticket_is_checked_at_the_widgets_door_and_then_the_limits(edge: Edge, method: str, path: str) -> None:
    reply = call(edge, method, path)
    assert reply.status == 200
    assert_untold(reply)
    auth = edge.stubs.last("auth")
    assert auth["door"] == {"door": "widget"}
    assert auth["headers"] == {
        "authorization": "Bearer ticket",
        "x-envoy-external-address": "127.0.0.1",
        "x-request-id": reply.one("x-request-id"),
    }
    limit = "widget_message" if path == CHAT else "widget_conversation"
    assert edge.stubs.last("quota")["descriptors"] == [
        {"limit": limit, "masked_remote_address": "127.0.0.1/32", "widget": "wgt_1", "chatbot": "bot_1"}
    ]


@for_each(("method", "path"), VISITORS_OWN)
def test_who_has_no_ticket_reaches_neither_quota_nor_chat(edge: Edge, method: str, path: str) -> None:
    calls = [len(edge.stubs.calls(name)) for name in ("quota", "chat", "visitor")]
    for key in ("good", "unknown", None):
        reply = call(edge, method, path, key)
        assert reply.error(401) == "The ticket has ended."
        assert reply.one("www-authenticate") == "Bearer"
        assert_untold(reply)
    reply = call(edge, method, path, "off")
    assert reply.error(403) == "The chat is off."
    assert_untold(reply)
    assert [len(edge.stubs.calls(name)) for name in ("quota", "chat", "visitor")] == calls


@for_each(("method", "path"), VISITORS_OWN)
def test_over_a_limit_the_reply_says_how_long_to_wait(edge: Edge, method: str, path: str) -> None:
    calls = [len(edge.stubs.calls(name)) for name in ("chat", "visitor")]
    reply = call(edge, method, path, "busy")
    assert reply.error(429) == "Too many messages."
    assert (reply.one("retry-after"), reply.one("x-ratelimit-reason")) == ("42", "minute")
    assert_untold(reply)
    assert [len(edge.stubs.calls(name)) for name in ("chat", "visitor")] == calls


@for_each("body", [b"no JSON", b"[]", b'{"message": 5}', b""])
def test_a_body_that_is_no_question_is_refused_as_by_the_api(edge: Edge, body: bytes) -> None:
    reply = ask(edge, body)
    assert reply.error(400) == edge.ask(body).error(400)
    assert_untold(reply)


def test_a_body_that_is_too_large_is_refused_before_anything_is_asked(edge: Edge) -> None:
    calls = len(edge.stubs.calls("auth"))
    for method, path in VISITORS_OWN:
        if method == "POST":
            reply = edge.ask(b" " * (64 * 1024 + 1), key="ticket", path=path)
            assert reply.error(413) == TOO_LARGE
            assert_untold(reply)
    assert len(edge.stubs.calls("auth")) == calls


@for_each(
    ("text", "status"),
    [
        ("abort INVALID_ARGUMENT", 400),
        ("abort NOT_FOUND", 404),
        ("abort RESOURCE_EXHAUSTED", 429),
        ("abort UNAVAILABLE", 503),
        ("crash", 500),
    ],
)
def test_what_chat_refuses_is_an_error_of_the_api(edge: Edge, text: str, status: int) -> None:
    reply = ask(edge, {"message": text})
    assert reply.error(status)
    assert_untold(reply)


def test_a_visitor_who_leaves_cancels_the_answer(edge: Edge) -> None:
    before = len(edge.stubs.calls("cancelled"))
    with edge.asked({"message": "hang-late"}, "ticket", path=CHAT) as connection:
        assert b"You " in connection.getresponse().read1()
    eventually(lambda: len(edge.stubs.calls("cancelled")) > before, what="the call is cancelled")


def test_a_stream_that_breaks_has_no_end(edge: Edge) -> None:
    reply = ask(edge, {"message": "abort-late UNAVAILABLE"})
    assert reply.body == b'data: {"type":"token","content":"You "}\n\n'


def test_a_visitor_reads_deletes_and_rates(edge: Edge) -> None:
    read = call(edge, "GET", CONVERSATION).json()
    assert read == {"turns": [{"request_id": "r1", "question": "Q", "answer": "A", "rating": "up"}]}
    assert call(edge, "DELETE", CONVERSATION).json() == {}
    assert edge.ask({"rating": "down", "comment": "No."}, key="ticket", path=RATING).json() == {}
    seen = edge.stubs.last("visitor")
    assert (seen["turn"], seen["rating"], seen["comment"]) == ("0a1b-2c", "down", "No.")
    assert seen["metadata"]["authorization"] == "Bearer jwt-of-visitor"
    assert call(edge, "POST", RATING.replace("0a1b-2c", "gone")).error(404) == "There is no such turn."


def test_a_rating_that_is_no_json_is_refused_without_words_of_the_inside(edge: Edge) -> None:
    reply = edge.ask(b"{rating", key="ticket", path=RATING)
    assert reply.error(400) == "The request is malformed."
    assert_untold(reply)


def test_the_log_has_the_widget(edge: Edge) -> None:
    line = line_of(edge, ask(edge, path=f"{CHAT}?secret=1").one("x-request-id"))
    assert (line["path"], line["route"], line["widget_id"]) == (CHAT, "widget-chat", "wgt_1")
    assert "secret" not in str(line)
    line = line_of(edge, call(edge, "POST", RATING).one("x-request-id"))
    assert line["path"] == "/widget/v1/turns/…/rating"
