"""Script, files, frame and ticket of the widget at the public port: for everybody, and without cookies."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import parse
from tests.edge.edge_stack import JSON, NOTHING_HERE, TOO_LARGE, UNAVAILABLE, Edge, running_edge
from tests.edge.test_edge_log import line_of
from tests.edge.test_edge_pages import assert_safe
from tests.edge.visits import visit
from tests.edge.web_stub import PAGE, STYLE

SCRIPT = "/widget/wgt_1.js"
STATIC = "/widget/static/1a2b/vendor/marked.esm.js"
FRAME = "/widget/frame/wgt_1"
TICKET = "/widget/v1/ticket/wgt_1"
PATHS = [("GET", SCRIPT), ("GET", STATIC), ("GET", FRAME), ("POST", TICKET)]
BODY = b"{}"
SITE = "https://www.example.com"


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Edge]:
    """An Envoy that believes what one proxy in front says of the client."""
    with running_edge(tmp_path_factory.mktemp("proxied"), stubs, trusted_proxies=1) as edge:
        yield edge


def body_of(method: str) -> bytes | None:
    return BODY if method == "POST" else None


@for_each(("method", "path"), PATHS)
def test_no_cookie_and_no_credential_goes_either_way(edge: Edge, method: str, path: str) -> None:
    asked = len(edge.stubs.calls("auth"))
    forged = {"authorization": "Bearer good", "x-chatmount-client": "8.8.8.8", "x-envoy-original-path": "/dashboard/"}
    reply = visit(edge, f"{path}?a=b", method=method, body=body_of(method), headers=forged, origin=SITE)
    assert reply.status == 200
    assert reply.all("set-cookie") == []
    assert_safe(reply)
    seen = edge.stubs.last("web")
    assert (seen["method"], seen["path"]) == (method, f"{path}?a=b")
    assert not {"cookie", "authorization", "x-chatmount-client", "x-envoy-original-path"} & seen["headers"].keys()
    assert seen["headers"]["x-request-id"] == reply.one("x-request-id")
    if method == "POST":
        assert seen["headers"]["origin"] == SITE
    assert len(edge.stubs.calls("auth")) == asked


def test_a_foreign_site_may_ask_for_a_ticket(edge: Edge) -> None:
    """Whether it gets one is for Auth to say: the dashboard's fence is not on this way."""
    headers = {"sec-fetch-site": "cross-site", "content-type": "text/plain;charset=UTF-8"}
    reply = visit(edge, TICKET, method="POST", body=BODY, headers=headers, origin=SITE, cookie=None)
    assert reply.status == 200


@for_each(("method", "path", "limit"), [("GET", FRAME, "widget_frame"), ("POST", TICKET, "widget_ticket")])
def test_frames_and_tickets_are_counted_by_address_and_widget(edge: Edge, method: str, path: str, limit: str) -> None:
    counted = {"limit": limit, "masked_remote_address": "127.0.0.1/32", "path": path}
    visit(edge, path, method=method, body=body_of(method), origin=None)
    assert edge.stubs.last("quota")["descriptors"] == [counted]
    visit(edge, path, method=method, body=body_of(method), origin=SITE)
    assert edge.stubs.last("quota")["descriptors"] == [counted | ({"origin": SITE} if path == TICKET else {})]
    calls = len(edge.stubs.calls("web"))
    reply = visit(edge, path, method=method, body=body_of(method), source="127.0.0.9", origin=SITE)
    assert (reply.status, reply.json()) == (429, {"error": "Too many messages."})
    assert (reply.one("retry-after"), reply.one("x-ratelimit-reason")) == ("42", "minute")
    assert_safe(reply)
    assert len(edge.stubs.calls("web")) == calls
    # A site's script tells its visitor how long to wait; a refusal that depends on the site is not readable.
    cors = [(name, value) for name, value in reply.headers if name.startswith("access-control")]
    expected = [("access-control-allow-origin", "*"), ("access-control-expose-headers", "retry-after")]
    assert cors == (expected if path == TICKET else [])


def counted_addresses(edge: Edge, client: str) -> list[str]:
    """Whose windows Quota is asked for when a visitor does what visitors do."""
    forwarded = {"x-forwarded-for": client}
    for seen in (
        visit(edge, TICKET, method="POST", body=BODY, headers=forwarded, origin=SITE),
        visit(edge, FRAME, headers=forwarded),
        edge.ask({"message": "hi"}, key="ticket", path="/widget/v1/chat", headers=JSON | forwarded),
        edge.ask(key="ticket", method="GET", path="/widget/v1/conversation", headers=forwarded),
    ):
        assert seen.status == 200
    return [call["descriptors"][0]["masked_remote_address"] for call in edge.stubs.calls("quota")[-4:]]


@for_each("origin", [b"https://m\xfcnchen.example", "https://münchen.example".encode(), b"\xff\xfe", b"\xed\xa0\x80"])
def test_an_origin_that_is_no_text_is_counted_and_judged_by_web(edge: Edge, origin: bytes) -> None:
    reply = visit(edge, TICKET, method="POST", body=BODY, origin=origin.decode("latin-1"))
    assert reply.status == 200
    assert edge.stubs.last("quota")["descriptors"] == [
        {"limit": "widget_ticket", "masked_remote_address": "127.0.0.1/32", "path": TICKET}
    ]
    assert edge.stubs.last("web")["headers"]["origin"].encode("utf-8", "surrogateescape") == origin


@for_each("path", [f"{FRAME}?\xff", f"{TICKET}?\xff", f"{SCRIPT}?\xff", "/dashboard/sign-in?\xff"])
def test_a_path_that_is_no_text_is_refused(edge: Edge, path: str) -> None:
    method = "POST" if path.startswith(TICKET) else "GET"
    raw = f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode("latin-1")
    assert 400 <= parse(edge.send(raw)).status < 500


@for_each(
    ("client", "counted"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("192.0.2.7", "192.0.2.7/32"),
    ],
)
def test_visitors_of_one_network_are_one(edge: Edge, behind_a_proxy: Edge, client: str, counted: str) -> None:
    assert counted_addresses(behind_a_proxy, client) == [counted] * 4
    # Where no proxy is trusted, anybody can write such a header.
    assert counted_addresses(edge, client) == ["127.0.0.1/32"] * 4


@for_each("path", [SCRIPT, STATIC])
def test_what_is_the_same_for_everybody_is_not_counted(edge: Edge, path: str) -> None:
    calls = len(edge.stubs.calls("quota"))
    assert visit(edge, path, source="127.0.0.9").status == 200
    assert len(edge.stubs.calls("quota")) == calls


@for_each(("path", "text"), [(SCRIPT, PAGE), (STATIC, STYLE), (FRAME, PAGE)])
def test_it_is_compressed(edge: Edge, path: str, text: str) -> None:
    reply = visit(edge, path, headers={"accept-encoding": "gzip"}, cookie=None)
    assert gzip.decompress(reply.body).decode() == text


def test_what_web_says_of_a_reply_leaves_as_it_is(edge: Edge) -> None:
    reply = visit(edge, FRAME)
    assert reply.one("content-security-policy") == "default-src 'self'"
    assert reply.all("x-frame-options") == []


def test_a_ticket_for_a_body_that_is_too_large_is_refused(edge: Edge) -> None:
    calls = len(edge.stubs.calls("web"))
    reply = visit(edge, TICKET, method="POST", body=b" " * (64 * 1024 + 1))
    assert (reply.status, reply.json()) == (413, {"error": TOO_LARGE})
    assert_safe(reply)
    assert len(edge.stubs.calls("web")) == calls


def test_the_log_has_no_id_of_a_widget_that_somebody_made_up(edge: Edge) -> None:
    for method, path, logged in (
        ("GET", "/widget/wgt_secret.js?secret=1", "/widget/wgt_….js"),
        ("GET", "/widget/frame/wgt_secret", "/widget/frame/wgt_…"),
        ("POST", "/widget/v1/ticket/wgt_secret", "/widget/v1/ticket/wgt_…"),
    ):
        line = line_of(edge, visit(edge, path, method=method, body=body_of(method)).one("x-request-id"))
        assert line["path"] == logged
        assert "secret" not in str(line)


def test_while_web_is_away_a_site_reads_so(tmp_path: Path, stubs: Stubs) -> None:
    away = Stubs(tmp_path / "none.jsonl", (), {**stubs.ports, "web": 9})
    with running_edge(tmp_path, away) as edge:
        for method, path in PATHS:
            reply = visit(edge, path, method=method, body=body_of(method))
            assert (reply.status, reply.json()) == (503, {"error": UNAVAILABLE})
            assert reply.one("retry-after") == "1"
            assert reply.all("access-control-allow-origin") == (["*"] if path == TICKET else [])
            assert_safe(reply)


def test_without_a_dashboard_there_is_no_widget(tmp_path: Path, stubs: Stubs) -> None:
    with running_edge(tmp_path, stubs, web=()) as edge:
        for method, path in (*PATHS, ("POST", "/widget/v1/chat"), ("GET", "/widget/v1/conversation")):
            assert visit(edge, path, method=method, body=body_of(method)).error(404) == NOTHING_HERE
