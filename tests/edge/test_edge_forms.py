"""Forms of the dashboard at the public port: from where they may come, and how large they may be."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import Edge, running_edge
from tests.edge.test_edge_pages import assert_safe
from tests.edge.visits import FORM, visit
from tests.waiting import PATIENCE, eventually

FOREIGN = "This did not come from a page of the dashboard. Open the dashboard itself, and try again there."
TOO_LARGE = "A form must not hold more than 64 KiB. Make its texts shorter, or add them as a file."
MEBIBYTE = 1024 * 1024
WRITTEN = ["/dashboard/", "/dashboard/sign-in", "/dashboard/bot_1/sources", "/dashboard/bot_1/ask"]


def refusal(reply: Reply, status: int) -> str:
    """The text of a refusal, which is a page of its own."""
    assert reply.status == status, reply
    assert reply.one("content-type") == "text/html; charset=utf-8"
    assert reply.one("cache-control") == "no-store"
    assert_safe(reply)
    page = reply.body.decode()
    assert page.startswith("<!doctype html>")
    assert "style" not in page
    assert "<script" not in page
    return page.partition('<p role="alert">')[2].partition("</p>")[0]


@for_each("path", WRITTEN)
@for_each(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://chat.example.com:81"},
        {"origin": "http://chat.example.com.evil.example"},
        {"origin": "null", "referer": "http://chat.example.com/dashboard/"},
        {"referer": "https://evil.example/chat.example.com"},
        {"origin": "http://chat.example.com", "sec-fetch-site": "cross-site"},
        {"origin": "http://chat.example.com", "sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_sends_changes_nothing(edge: Edge, path: str, headers: dict[str, str]) -> None:
    asked = [len(edge.stubs.calls(service)) for service in ("auth", "quota", "web")]
    reply = visit(edge, path, method="POST", body=b"a=b", headers=headers, origin=None)
    assert refusal(reply, 403) == FOREIGN
    assert [len(edge.stubs.calls(service)) for service in ("auth", "quota", "web")] == asked


@for_each("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_method_that_writes_needs_an_origin(edge: Edge, method: str) -> None:
    assert refusal(visit(edge, method=method, body=b"", origin=None), 403) == FOREIGN


@for_each("path", WRITTEN)
@for_each(
    "headers",
    [
        {"origin": "http://chat.example.com"},
        # The scheme is not compared: a proxy in front may have ended TLS.
        {"origin": "https://chat.example.com"},
        {"referer": "http://chat.example.com/dashboard/"},
        {"origin": "http://chat.example.com", "sec-fetch-site": "same-origin"},
        {"origin": "http://chat.example.com", "sec-fetch-site": "none"},
    ],
)
def test_the_dashboards_own_forms_pass(edge: Edge, path: str, headers: dict[str, str]) -> None:
    assert visit(edge, path, method="POST", body=b"a=b", headers=headers, origin=None).status == 200


def test_a_look_needs_no_origin(edge: Edge) -> None:
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    for method in ("GET", "HEAD"):
        for path in WRITTEN:
            assert visit(edge, path, method=method, headers=foreign).status == 200


def test_where_a_proxy_replaces_the_host_forms_come_from_the_dashboards_url(tmp_path: Path, stubs: Stubs) -> None:
    url = "https://Chat.example.com:443/dashboard/"
    with running_edge(tmp_path, stubs, dashboard_url=url) as edge:
        for origin, status in (("https://chat.example.com", 200), ("https://evil.example", 403)):
            reply = visit(edge, method="POST", body=b"", host="10.0.0.1:8080", origin=origin)
            assert reply.status == status


@for_each("path", ["/dashboard/", "/dashboard/sign-in", "/dashboard/bot_1/ask"])
def test_a_form_over_64_kib_is_413_at_once(edge: Edge, path: str) -> None:
    asked = len(edge.stubs.calls("auth"))
    assert visit(edge, path, method="POST", body=b"x" * 65536).status == 200
    assert refusal(visit(edge, path, method="POST", body=b"x" * 65537), 413) == TOO_LARGE
    assert len(edge.stubs.calls("auth")) <= asked + 1


@for_each("body", [b"x" * 5 * MEBIBYTE, [b"x" * 8192] * 40])
def test_a_client_that_sends_much_more_reads_the_413_too(edge: Edge, body: bytes | list[bytes]) -> None:
    content = body if isinstance(body, bytes) else iter(body)
    url = f"http://127.0.0.1:{edge.http_port}/dashboard/sign-in"
    headers = {"origin": f"http://127.0.0.1:{edge.http_port}", "content-type": FORM}
    reply = httpx.post(url, content=content, headers=headers, trust_env=False)
    assert (reply.status_code, TOO_LARGE in reply.text) == (413, True)


@pytest.fixture
def upload(edge: Edge) -> Iterator[http.client.HTTPConnection]:
    """A connection on which an upload of 12 MiB has begun."""
    with closing(http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)) as connection:
        connection.putrequest("POST", "/dashboard/bot_1a/sources")
        connection.putheader("cookie", "__Host-chatmount=good")
        connection.putheader("origin", f"http://127.0.0.1:{edge.http_port}")
        connection.putheader("content-length", str(12 * MEBIBYTE))
        connection.endheaders()
        yield connection


def test_a_file_streams_through(edge: Edge, upload: http.client.HTTPConnection) -> None:
    seen = len(edge.stubs.calls("upload"))
    upload.send(b"x" * 1000)
    eventually(lambda: len(edge.stubs.calls("upload")) > seen, what="web has the beginning")
    assert edge.stubs.last("upload") == {"service": "upload", "at": edge.stubs.last("upload")["at"], "begins": True}
    before = held(edge)
    for _ in range(11):
        upload.send(b"x" * MEBIBYTE)
    assert held(edge) - before < 4 * MEBIBYTE
    upload.send(b"x" * (MEBIBYTE - 1000))
    response = upload.getresponse()
    assert (response.status, response.read()) == (200, str(12 * MEBIBYTE).encode())
    assert edge.stubs.last("upload")["size"] == 12 * MEBIBYTE


def held(edge: Edge) -> int:
    """The bytes of memory that Envoy has in use."""
    return int(edge.admin("/memory").partition('"allocated": "')[2].partition('"')[0])


def test_an_upload_of_nobody_is_refused_before_the_file_has_come(edge: Edge) -> None:
    reply = httpx.post(
        f"http://127.0.0.1:{edge.http_port}/dashboard/bot_1/sources",
        content=b"x" * 12 * MEBIBYTE,
        headers={"origin": f"http://127.0.0.1:{edge.http_port}", "hx-request": "true"},
        trust_env=False,
    )
    assert (reply.status_code, reply.headers["hx-redirect"]) == (401, "/dashboard/sign-in")


def test_only_files_are_without_a_limit(edge: Edge) -> None:
    large = b"x" * 100_000
    assert visit(edge, "/dashboard/bot_1/sources", method="POST", body=large).body == b"100000"
    for method, path in (
        ("PUT", "/dashboard/bot_1/sources"),
        ("POST", "/dashboard/bot_1/sources/"),
        ("POST", "/dashboard/bot_1/sources/src_1/sources"),
        ("POST", "/dashboard/bot_1/sources/../keys"),
        ("POST", "/dashboard/acct_1/sources"),
        ("POST", "/dashboard/bot_/sources"),
        ("POST", "/dashboard/static/sources"),
    ):
        assert refusal(visit(edge, path, method=method, body=large), 413) == TOO_LARGE
