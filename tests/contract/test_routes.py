"""The ways into a whole stack; tests/edge asks the rest of the public port."""

import pytest

from tests.each import for_each

from .client import Client

# The ways in are the same on all databases.
MODES = ("embedded",)


@for_each(("method", "path", "status"), [("POST", "/nothing", 404), ("GET", "/v1/chat", 405)])
def test_there_is_nothing_but_the_one_endpoint(client: Client, method: str, path: str, status: int) -> None:
    reply = client.send(method, path)
    assert (reply.status, bool(reply.error)) == (status, True)


def test_https_answers_like_http(client: Client, request: pytest.FixtureRequest, mode: str) -> None:
    if mode == "external":
        return
    secure = Client(request.getfixturevalue("stack").endpoints["https"], client.key)
    reply = secure.ask(stream=True)
    secure.close()
    assert (reply.status, reply.events[-1]) == (200, {"type": "done"})
