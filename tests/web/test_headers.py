"""Every reply of the web process tells the browser what it may do."""

import pytest

from services.security_headers import SECURITY_HEADERS
from services.web.dashboard.static_files import dashboard_files
from tests.each import for_each
from tests.web.dashboard import Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = dashboard_files()
REPLIES = {
    "a page": ("GET", "/dashboard/{account}/", 200),
    "a form": ("POST", "/dashboard/me/password", 422),
    "another page": ("POST", "/dashboard/me", 303),
    "nothing": ("GET", "/dashboard/nowhere", 404),
    "no way": ("POST", "/dashboard/", 405),
    "a file": ("GET", FILES.path("app.css"), 200),
    "no file": ("GET", f"/dashboard/static/{FILES.digest}/app.txt", 404),
    "health": ("GET", "/healthz", 200),
}


@for_each(("method", "path", "status"), REPLIES.values())
async def test_each_reply_has_the_headers(dashboard: Dashboard, method: str, path: str, status: int) -> None:
    path = path.format(account=dashboard.account.id)
    reply = await (dashboard.get(path) if method == "GET" else dashboard.post(path, {"name": "Owner"}))
    assert reply.status == status
    assert {name: reply.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    is_file = status == 200 and "static" in path
    assert reply.headers["Cache-Control"] == ("public, max-age=31536000, immutable" if is_file else "no-store")
    assert "Server" not in reply.headers


async def test_a_failure_of_ours_says_nothing_of_the_inside(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.web.dashboard.visit.Visit.page_token", property(lambda _: 1 / 0))
    reply = await dashboard.get(f"/dashboard/{dashboard.account.id}/")
    assert reply.status == 500
    assert {name: reply.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "division" not in reply.text
    assert dashboard.request_id in reply.page.text
    assert "ZeroDivisionError" in caplog.text
