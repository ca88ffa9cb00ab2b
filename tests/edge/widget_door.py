"""Calls of visitors at the public port."""

from tests.edge.edge_reply import WINDOW_HEADERS, Reply
from tests.edge.edge_stack import Edge

CHAT = "/widget/v1/chat"
CONVERSATION = "/widget/v1/conversation"
RATING = "/widget/v1/turns/0a1b-2c/rating"
VISITORS_OWN = [("POST", CHAT), ("GET", CONVERSATION), ("DELETE", CONVERSATION), ("POST", RATING)]


def ask(edge: Edge, body: object = None, **options: object) -> Reply:
    """A visitor's question."""
    asked = {"message": "hi"} if body is None else body
    return edge.ask(asked, **{"key": "ticket", "path": CHAT, **options})  # type: ignore[arg-type]


def call(edge: Edge, method: str, path: str, key: str | None = "ticket", **options: object) -> Reply:
    """Any request of a visitor."""
    body = {"message": "hi", "rating": "up"} if method == "POST" else None
    return edge.ask(body, key=key, method=method, path=path, **options)  # type: ignore[arg-type]


def assert_untold(reply: Reply) -> None:
    """The limits of a widget are not told, and no other site reads a reply."""
    assert not [name for name in WINDOW_HEADERS if reply.all(name)], reply
    assert not [name for name, _ in reply.headers if name.lower().startswith("access-control")]
    reply.check_headers()
