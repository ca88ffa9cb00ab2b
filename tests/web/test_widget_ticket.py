"""Tickets: for pages of listed sites alone, and readable by nobody else."""

import json

import pytest

from tests.each import for_each
from tests.web.dashboard import Dashboard
from tests.web.visitor import SITE, WidgetOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_OBJECT = 'The body must be a JSON object such as {} or {"visitor": "…", "conversation": "…"}.'
CORS = "Access-Control-Allow-Origin"


async def test_a_listed_site_gets_one_and_reads_it(dashboard: Dashboard, widget: WidgetOf) -> None:
    reply = await widget.ticket()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.headers.getall(CORS) == [SITE]
    assert reply.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    given = json.loads(reply.text)
    assert given.keys() == {"ticket", "visitor", "conversation", "expires_in"}
    assert given["conversation"].startswith("cnv_")
    assert given["expires_in"] == 600
    assert dashboard.account.id not in reply.text


async def test_who_comes_back_is_the_same_visitor(widget: WidgetOf) -> None:
    first = json.loads((await widget.ticket("")).text)
    known = {"visitor": first["visitor"], "conversation": first["conversation"]}
    again = json.loads((await widget.ticket({**known, "new": False, "other": [1]})).text)
    assert known == {name: again[name] for name in known}
    fresh = json.loads((await widget.ticket({**known, "new": True})).text)
    assert fresh["visitor"] == first["visitor"]
    assert fresh["conversation"] != first["conversation"]
    empty = json.loads((await widget.ticket({"visitor": None, "conversation": None, "new": None})).text)
    assert empty["visitor"] != first["visitor"]


@for_each(
    "origin",
    [
        *("https://evil.example", "http://www.example.com", "https://www.example.com:8443", "https://example.com"),
        *("https://www.example.com.evil.test", "null", "file://", "", f"{SITE}, {SITE}", f"{SITE}/", SITE.upper()),
        "https://b\u00fccher.example",
    ],
)
async def test_no_other_site_gets_or_reads_one(widget: WidgetOf, origin: str) -> None:
    reply = await widget.ticket(origin=origin)
    assert (reply.status, reply.headers["Content-Type"]) == (403, "application/json")
    assert json.loads(reply.text).keys() == {"error"}
    assert CORS not in reply.headers
    assert reply.headers["Vary"] == "Origin"


async def test_without_a_site_nobody_gets_one(dashboard: Dashboard) -> None:
    assert (await (await WidgetOf.find(dashboard)).ticket()).status == 403


@pytest.mark.parametrize("origin", ["null", "", "file://", "https://any.example"])
async def test_where_apps_may_ask_everybody_may(dashboard: Dashboard, origin: str) -> None:
    widget = await WidgetOf.find(dashboard)
    await widget.change(allow_apps=True)
    reply = await widget.ticket(origin=origin)
    assert reply.status == 200
    assert reply.headers.get(CORS, "") == origin


@for_each(
    ("body", "text"),
    [
        *((body, NO_OBJECT) for body in ("[]", "5", "null", "{", "visitor=a", b"\xff", "[" * 60000, "9" * 5000)),
        ('{"visitor": 5}', "Field 'visitor' must be a string."),
        ('{"conversation": ["a"]}', "Field 'conversation' must be a string."),
        ('{"new": "yes"}', "Field 'new' must be true or false."),
        ('{"new": 1}', "Field 'new' must be true or false."),
        ('{"visitor": "\\ud800"}', "Field 'visitor' must be as an earlier reply gave it."),
    ],
)
async def test_a_body_that_can_not_be_read_is_refused(widget: WidgetOf, body: str | bytes, text: str) -> None:
    reply = await widget.ticket(body)
    assert (reply.status, json.loads(reply.text)) == (400, {"error": text})


async def test_what_a_page_puts_into_the_body_does_not_change_its_origin(widget: WidgetOf) -> None:
    body = {"origin": SITE, "Origin": SITE, "widget_id": widget.id}
    forged = {"x-origin": SITE, "referer": f"{SITE}/", "x-forwarded-host": "www.example.com"}
    assert (await widget.ticket(body, origin="https://evil.example", **forged)).status == 403


async def test_without_a_widget_any_site_reads_so(widget: WidgetOf) -> None:
    await widget.change(enabled=False)
    reply = await widget.ticket(origin="https://evil.example")
    assert (reply.status, json.loads(reply.text)) == (404, {"error": "There is no such widget."})
    assert reply.headers[CORS] == "*"


async def test_while_auth_is_away_any_site_reads_how_long_to_wait(dashboard: Dashboard, widget: WidgetOf) -> None:
    async with dashboard.without("auth"):
        reply = await widget.ticket()
    assert (reply.status, reply.headers["Retry-After"], reply.headers[CORS]) == (503, "1", "*")
    assert reply.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert "auth" not in reply.text.lower()


async def test_a_failure_of_ours_says_nothing_of_the_inside(
    widget: WidgetOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.web.widget.ticket.read_fields", lambda _: 1 / 0)
    reply = await widget.ticket()
    assert reply.status == 500
    assert "division" not in reply.text
    assert "ZeroDivisionError" in caplog.text
    assert CORS not in reply.headers


async def test_a_token_of_web_that_has_ended_is_no_fault_of_the_visitor(
    widget: WidgetOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.web.token.WebToken.current", lambda _: "stale")
    reply = await widget.ticket()
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
