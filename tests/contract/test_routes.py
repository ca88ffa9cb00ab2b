"""What is there, what is not, and in which order things are checked."""

import pytest

from .client import Client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/chat/",
        "/v1/chat/x",
        "/v1/chats",
        "/V1/CHAT",
        "/v2/chat",
        "/v1/chat:stream",
        "/v1/chat%3Astream",
        "/v1/keys",
        "/healthz",
        "/metrics",
        "/favicon.ico",
        "/..%2f..%2fetc/passwd",
        "/chatmount.quota.v1.QuotaService/Reserve",
        "/chatmount.auth.v1.ApiKeyService/ListApiKeys",
        "/envoy.service.auth.v3.Authorization/Check",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_path_is_404(client: Client, method: str, path: str) -> None:
    options = {"json": {"message": "x"}} if method == "POST" else {}
    reply = client.send(method, path, **options)
    assert (reply.status, bool(reply.error)) == (404, True)
    assert reply.headers["x-request-id"]


def test_an_unknown_path_is_404_without_a_key_too(client: Client) -> None:
    assert client.send(path="/nothing", key="").status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("key", [None, ""], ids=["key", "no key"])
def test_any_other_method_is_405(client: Client, method: str, key: str | None) -> None:
    reply = client.send(method, key=key)
    assert (reply.status, bool(reply.error)) == (405, True)
    assert reply.headers["allow"] == "POST"


def test_head_is_405_without_a_body(client: Client) -> None:
    reply = client.send("HEAD")
    assert (reply.status, reply.text) == (405, "")


def test_a_preflight_gets_no_cors_headers(client: Client) -> None:
    reply = client.send("OPTIONS", headers={"origin": "https://example.com", "access-control-request-method": "POST"})
    assert [name for name in reply.headers if name.startswith("access-control-")] == []


def test_a_query_string_changes_nothing(client: Client) -> None:
    reply = client.send(path="/v1/chat?message=other&stream=true", json={"message": "x"})
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"


def test_https_answers_like_http(client: Client, request: pytest.FixtureRequest, mode: str) -> None:
    if mode == "external":
        return
    secure = Client(request.getfixturevalue("stack").endpoints["https"], client.key)
    reply = secure.ask(stream=True)
    secure.close()
    assert (reply.status, reply.events[-1]) == (200, {"type": "done"})
