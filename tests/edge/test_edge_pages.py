"""Pages of the dashboard at the public port: who gets which, what travels to web, and what leaves."""

import gzip
import ssl
from pathlib import Path

import httpx

from services.security_headers import SECURITY_HEADERS
from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import Reply, parse
from tests.edge.edge_stack import NOTHING_HERE, Edge, running_edge
from tests.edge.test_edge_log import line_of
from tests.edge.visits import visit
from tests.edge.web_stub import PAGE, STYLE

OPEN = ["/dashboard/sign-in", "/dashboard/link?secret=abc", "/dashboard/invitation?secret=abc"]


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


def test_without_its_slash_the_dashboard_is_found(edge: Edge) -> None:
    for path in ("/dashboard", "/dashboard?a=b"):
        reply = visit(edge, path, cookie=None, host="evil.example")
        assert (reply.status, reply.one("location"), reply.body) == (308, "/dashboard/", b"")
        assert {name.lower() for name, _ in reply.headers} == {"location", "date", "content-length", "x-request-id"}


@for_each(
    "path",
    [
        "//dashboard/",
        "/dashboard%2f",
        "/dashboard%2Fsign-in",
        "/Dashboard/",
        "/dashboards",
        "/dashboard;a/",
        "/x/dashboard/",
    ],
)
def test_other_spellings_of_the_path_are_404(edge: Edge, path: str) -> None:
    asked = [len(edge.stubs.calls(service)) for service in ("auth", "web")]
    assert visit(edge, path).error(404) == NOTHING_HERE
    assert [len(edge.stubs.calls(service)) for service in ("auth", "web")] == asked


@for_each(
    ("path", "seen"),
    [
        ("/dashboard/static/../bot_1/keys", "/dashboard/bot_1/keys"),
        ("/dashboard/sign-in/../me", "/dashboard/me"),
        ("/dashboard/%73ign-in/%2e%2e/me", "/dashboard/me"),
        ("/dashboard/sign-in/", "/dashboard/sign-in/"),
        ("/dashboard//sign-in", "/dashboard//sign-in"),
        ("/dashboard/sign-in%2f..", "/dashboard/sign-in%2f.."),
    ],
)
def test_no_way_of_writing_opens_a_page_to_nobody(edge: Edge, path: str, seen: str) -> None:
    assert visit(edge, path, cookie=None).status == 303
    assert visit(edge, path).status == 200
    assert edge.stubs.last("web")["path"] == seen


def test_a_path_of_the_dashboard_leads_to_no_answer_of_the_api(edge: Edge) -> None:
    reply = visit(edge, "/dashboard/../v1/chat", method="POST", body=b'{"message":"hi"}')
    assert reply.error(401)
    assert visit(edge, "/v1/chat/../../dashboard/").status == 200


def test_no_tunnel_and_no_call_goes_through_the_dashboard(edge: Edge) -> None:
    head = "{} HTTP/1.1\r\nhost: chat.example.com\r\ncookie: __Host-chatmount=good\r\n"
    connect = head.format("CONNECT /dashboard/").encode() + b"connection: close\r\n\r\n"
    assert parse(edge.send(connect, until_closed=False)).status in (400, 404)
    upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n"
    page = edge.send((head.format("GET /dashboard/") + upgrade).encode(), until_closed=False)
    assert page.startswith(b"HTTP/1.1 200 ")
    assert "upgrade" not in edge.stubs.last("web")["headers"]
    called = visit(edge, method="POST", body=b"", headers={"content-type": "application/grpc"})
    assert called.error(404) == NOTHING_HERE


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


def test_without_a_dashboard_its_paths_are_404(tmp_path: Path, stubs: Stubs) -> None:
    with running_edge(tmp_path, stubs, web=()) as edge:
        for path in ("/dashboard", "/dashboard/", *OPEN):
            assert visit(edge, path).error(404) == NOTHING_HERE
        assert edge.ask({"message": "hi"}).status == 200
        assert "web::" not in edge.admin("/clusters")
