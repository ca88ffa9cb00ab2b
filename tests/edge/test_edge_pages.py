"""Pages of the dashboard at the public port: who gets which, what travels to web, and what leaves."""

import gzip
import ssl

import httpx

from services.security_headers import SECURITY_HEADERS
from tests.each import for_each
from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import Edge
from tests.edge.test_edge_log import line_of
from tests.edge.visits import OPEN, visit
from tests.edge.web_stub import PAGE, STYLE


def assert_safe(reply: Reply) -> None:
    """Nothing of the inside leaves, and a browser is told what the page may do."""
    names = {name.lower() for name, _ in reply.headers}
    assert not [name for name in names if name == "server" or name.startswith(("x-envoy", "x-chatmount", "grpc-"))]
    for name in SECURITY_HEADERS:
        reply.one(name.lower())
    assert len(reply.one("x-request-id")) == 36
    reply.one("cache-control")


def test_a_session_opens_a_page(edge: Edge) -> None:
    reply = visit(edge, "/dashboard/bot_1/keys?page=2", headers={"user-agent": "Browser"})
    assert (reply.status, reply.body) == (200, PAGE.encode())
    assert_safe(reply)
    auth, web = edge.stubs.last("auth"), edge.stubs.last("web")
    assert auth["door"] == {"door": "session"}
    assert auth["headers"] == {
        "cookie": "__Host-chatmount=good",
        "x-envoy-external-address": "127.0.0.1",
        "x-request-id": reply.one("x-request-id"),
    }
    assert (web["method"], web["path"]) == ("GET", "/dashboard/bot_1/keys?page=2")
    assert web["headers"]["authorization"] == "Bearer jwt-of-user"
    assert web["headers"]["host"] == "chat.example.com"
    assert web["headers"]["user-agent"] == "Browser"
    assert web["headers"]["x-request-id"] == reply.one("x-request-id")


def test_what_web_says_of_a_page_leaves_as_it_is(edge: Edge) -> None:
    reply = visit(edge)
    assert reply.one("content-security-policy") == "default-src 'self'"
    assert reply.one("hx-redirect") == "/dashboard/"
    assert reply.one("set-cookie").startswith("__Host-chatmount=new; Secure; HttpOnly")
    assert reply.one("content-type") == "text/html; charset=utf-8"
    assert reply.one("cache-control") == "no-store"


@for_each("path", ["/dashboard/", "/dashboard/bot_1/sources", "/dashboard/bot_1/ask", *OPEN])
def test_what_a_client_says_of_itself_has_no_effect_inside(edge: Edge, path: str) -> None:
    forged = {
        "authorization": "Bearer good",
        "x-chatmount-client": "8.8.8.8",
        "x-chatmount-role": "owner",
        "x-envoy-external-address": "8.8.8.8",
        "x-envoy-original-path": "/dashboard/x",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-proto": "https",
        "x-request-id": "11111111-1111-4111-8111-111111111111",
    }
    reply = visit(edge, path, method="POST", body=b"", headers=forged)
    assert reply.status == 200
    seen = edge.stubs.last("web")["headers"]
    own = {name: value for name, value in seen.items() if name.startswith(("x-chatmount", "x-envoy"))}
    assert own == {"x-chatmount-client": "127.0.0.1"}
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-request-id"] == reply.one("x-request-id") != forged["x-request-id"]
    if path in OPEN:
        assert "authorization" not in seen
        assert seen["cookie"] == "__Host-chatmount=good"
    else:
        assert seen["authorization"] == "Bearer jwt-of-user"
        assert "cookie" not in seen


@for_each("cookie", [None, "", "unknown", 'good"', "x" * 5000])
@for_each("path", ["/dashboard/", "/dashboard/bot_1/sources", "/dashboard/bot_1/sources/progress"])
def test_nobody_is_sent_to_sign_in_and_web_is_not_asked(edge: Edge, path: str, cookie: str | None) -> None:
    calls = len(edge.stubs.calls("web"))
    reply = visit(edge, path, cookie=cookie)
    assert (reply.status, reply.one("location")) == (303, f"/dashboard/sign-in?next={path}")
    assert reply.one("cache-control") == "no-store"
    assert_safe(reply)
    by_script = visit(edge, path, cookie=cookie, headers={"hx-request": "true"})
    assert (by_script.status, by_script.one("hx-redirect")) == (401, "/dashboard/sign-in")
    assert_safe(by_script)
    assert len(edge.stubs.calls("web")) == calls


@for_each("path", OPEN)
def test_open_pages_need_no_session_and_are_counted_by_address(edge: Edge, path: str) -> None:
    calls = len(edge.stubs.calls("auth"))
    for method in ("GET", "POST"):
        reply = visit(edge, path, method=method, cookie=None, body=b"" if method == "POST" else None)
        assert reply.status == 200
        assert_safe(reply)
        assert edge.stubs.last("quota")["descriptors"] == [
            {"door": "page", "masked_remote_address": "127.0.0.1/32", "method": method}
        ]
    assert len(edge.stubs.calls("auth")) == calls


def test_who_has_tried_too_often_reads_how_long_to_wait(edge: Edge) -> None:
    calls = len(edge.stubs.calls("web"))
    reply = visit(edge, "/dashboard/sign-in", method="POST", body=b"a=b", source="127.0.0.9")
    assert (reply.status, reply.one("retry-after")) == (429, "42")
    assert b'<p role="alert">Too many tries from your address.</p>' in reply.body
    assert_safe(reply)
    assert len(edge.stubs.calls("web")) == calls


def test_static_files_are_for_everybody_and_compressed(edge: Edge) -> None:
    asked = [len(edge.stubs.calls(service)) for service in ("auth", "quota")]
    reply = visit(edge, "/dashboard/static/1a2b/style.css", cookie=None, headers={"accept-encoding": "gzip, br"})
    assert gzip.decompress(reply.body).decode() == STYLE
    assert reply.one("vary").lower() == "accept-encoding"
    assert reply.one("cache-control") == "public, max-age=31536000, immutable"
    assert_safe(reply)
    assert visit(edge, "/dashboard/static/1a2b/style.css", cookie=None).body.decode() == STYLE
    assert [len(edge.stubs.calls(service)) for service in ("auth", "quota")] == asked
    assert visit(edge, "/dashboard/static/1a2b/style.css", method="POST", cookie=None, body=b"").status == 303


def test_a_page_is_never_compressed(edge: Edge) -> None:
    """Its length would tell of a secret beside which somebody else's text stands."""
    reply = visit(edge, headers={"accept-encoding": "gzip"})
    assert reply.body == PAGE.encode()


def test_pages_come_over_http2_and_tls(edge: Edge) -> None:
    trust = ssl.create_default_context(cafile=str(edge.certificate))
    with httpx.Client(verify=trust, http2=True, trust_env=False) as client:
        url = f"https://localhost:{edge.https_port}/dashboard/"
        # Over HTTP/2, browsers send each cookie in a header of its own.
        headers = [
            ("cookie", "a=b"),
            ("cookie", "__Host-chatmount=good"),
            ("origin", f"https://localhost:{edge.https_port}"),
        ]
        page = client.get(url, headers=headers)
        assert (page.status_code, page.http_version, page.text) == (200, "HTTP/2", PAGE)
        assert edge.stubs.last("web")["headers"]["x-forwarded-proto"] == "https"
        assert client.post(url, headers=headers, data={"a": "b"}).status_code == 200


def test_the_log_has_who_looked_and_no_more_of_the_path_than_the_route(edge: Edge) -> None:
    line = line_of(edge, visit(edge, "/dashboard/bot_secret/keys?q=secret").one("x-request-id"))
    assert (line["path"], line["route"], line["user_id"], line["status"]) == ("/dashboard/", "dashboard", "usr_1", 200)
    line = line_of(edge, visit(edge, "/dashboard/link?secret=abc", cookie=None).one("x-request-id"))
    assert line["path"] == "/dashboard/link"
    assert "secret" not in str(line)
