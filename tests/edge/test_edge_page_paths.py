"""Paths of the dashboard at the public port, however they are written."""

from pathlib import Path

from tests.each import for_each
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_reply import parse
from tests.edge.edge_stack import NOTHING_HERE, Edge, running_edge
from tests.edge.visits import OPEN, visit


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


def test_without_a_dashboard_its_paths_are_404(tmp_path: Path, stubs: Stubs) -> None:
    with running_edge(tmp_path, stubs, web=()) as edge:
        for path in ("/dashboard", "/dashboard/", *OPEN):
            assert visit(edge, path).error(404) == NOTHING_HERE
        assert edge.ask({"message": "hi"}).status == 200
        assert "web::" not in edge.admin("/clusters")
