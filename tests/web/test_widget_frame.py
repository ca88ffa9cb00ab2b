"""The page in the frame: who may show it, and what it may do."""

import gzip
import json
import re

import pytest
from markupsafe import escape

from tests.web.dashboard import Dashboard
from tests.web.test_widget_script import HOSTILE
from tests.web.visitor import SITE, WidgetOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src https://chat.example.com/widget/; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

MAXIMUM_BYTES = 35 * 1024
# With the bridge, the ticket and the conversation.
MAXIMUM_REQUESTS = 8 - 3
CORS = "Access-Control-Allow-Origin"


def settings_of(html: str) -> dict[str, object]:
    """What the page brings along for its script."""
    (block,) = re.findall(r'<script type="application/json" id="settings">(.*)</script>', html)
    told: dict[str, object] = json.loads(block)
    return told


async def test_only_the_listed_sites_may_show_it(dashboard: Dashboard) -> None:
    widget = await WidgetOf.find(dashboard, SITE, "https://*.shop.example")
    reply = await widget.frame()
    assert reply.status == 200
    policy = f"{POLICY}; frame-ancestors {SITE} https://*.shop.example"
    assert reply.headers.getall("Content-Security-Policy") == [policy]
    assert "X-Frame-Options" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_without_a_site_nobody_may(dashboard: Dashboard) -> None:
    reply = await (await WidgetOf.find(dashboard)).frame()
    assert reply.headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors 'none'"


async def test_where_apps_may_everybody_may(widget: WidgetOf) -> None:
    await widget.change(allow_apps=True)
    reply = await widget.frame()
    assert reply.headers["Content-Security-Policy"] == POLICY
    assert settings_of(reply.text)["origins"] is None


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"enabled": False}, 404, "This chat is not available here."),
        ({"remove_origins": [SITE]}, 403, "Dieser Chat ist hier nicht verfügbar."),
    ],
)
async def test_a_visitor_of_a_page_that_was_loaded_before_reads_that_it_is_gone(
    dashboard: Dashboard, change: dict[str, object], status: int, says: str
) -> None:
    widget = await WidgetOf.find(dashboard, SITE)
    await widget.look(language="de")
    assert (await widget.frame(SITE)).headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors {SITE}"
    await widget.change(**change)
    reply = await widget.frame(SITE, accept_language="nl")
    assert (reply.status, reply.page.one("p").text) == (status, says)
    # Any site may show it.
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
    assert reply.headers.getall("Content-Security-Policy") == [policy]
    assert "X-Frame-Options" not in reply.headers
    assert "<script" not in reply.text


async def test_it_is_where_it_was_asked_for(widget: WidgetOf) -> None:
    reply = await widget.frame(host="[::1]:8443", x_forwarded_proto="http")
    assert "connect-src http://[::1]:8443/widget/;" in reply.headers["Content-Security-Policy"]
    for host in ("a;b", "a b", "a,b", "a'b", "*"):
        reply = await widget.frame(host=host)
        assert (reply.status, json.loads(reply.text)) == (
            400,
            {"error": "The Host header must be a host name, with a port or without."},
        )


async def test_it_brings_along_what_its_script_needs(dashboard: Dashboard, widget: WidgetOf) -> None:
    await widget.look(title=HOSTILE, greeting="Hello", sources=False, suggestions=["One?", "Two?"])
    reply = await widget.frame()
    assert HOSTILE not in reply.text
    told = settings_of(reply.text)
    appearance, languages = told["appearance"], told["languages"]
    assert isinstance(appearance, dict)
    assert isinstance(languages, dict)
    assert (told["widget"], told["origins"]) == (widget.id, [SITE])
    assert (appearance["title"], appearance["greeting"]) == (HOSTILE, "Hello")
    assert (appearance["suggestions"], appearance["sources"], appearance["offset_x"]) == (["One?", "Two?"], False, 20)
    assert languages.keys() == {"de", "en", "es", "fr"}
    assert f"<title>{escape(HOSTILE)}</title>" in reply.text
    assert "cm_live_" not in reply.text
    assert dashboard.account.id not in reply.text
    assert dashboard.chatbot.id not in reply.text


async def test_its_files_are_kept_for_good_at_a_path_of_their_own(widget: WidgetOf) -> None:
    html = (await widget.frame()).text
    linked = re.findall(r'<link .*href="(.*)">', html)
    (script,) = re.findall(r'<script type="module" src="(.*)">', html)
    assert script in linked
    size = len(gzip.compress(html.encode()))
    for path in linked:
        assert path.startswith("/widget/static/")
        file = await widget.send("GET", path, {})
        size += len(gzip.compress(file.text.encode()))
        assert (file.status, file.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert file.headers["Content-Type"] in ("text/css; charset=utf-8", "text/javascript; charset=utf-8")
    assert size <= MAXIMUM_BYTES
    assert 1 + len(linked) <= MAXIMUM_REQUESTS
    digest = script.split("/")[3]
    for gone in (
        "/widget/static/0000/frame.js",
        f"/widget/static/{digest}/../frame.js",
        f"/widget/static/{digest}/x.js",
    ):
        assert (await widget.send("GET", gone, {})).status == 404


async def test_a_site_imports_one_of_them_at_the_first_opening_and_reads_no_other(widget: WidgetOf) -> None:
    script = (await widget.script()).text
    (bridge,) = re.findall(r'"bridge":"(.*?)"', script)
    file = await widget.send("GET", bridge, {})
    assert (file.status, file.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert (file.headers["Content-Type"], file.headers[CORS]) == ("text/javascript; charset=utf-8", "*")
    html = (await widget.frame()).text
    assert bridge not in html
    for path in re.findall(r'<link .*href="(.*)">', html):
        assert CORS not in (await widget.send("GET", path, {})).headers


@pytest.mark.parametrize(
    ("owner", "accepted", "spoken"),
    [
        ("de", "fr", "de"),
        ("auto", "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("auto", "nl, ES;q=0.5", "es"),
        ("auto", "deu, nl", "en"),
        ("auto", "", "en"),
    ],
)
async def test_it_is_in_the_owners_language_or_the_visitors(
    widget: WidgetOf, owner: str, accepted: str, spoken: str
) -> None:
    await widget.look(language=owner)
    reply = await widget.frame(accept_language=accepted)
    assert f'<html lang="{spoken}">' in reply.text


@pytest.mark.parametrize("how", ["off", "disabled", "unknown"])
async def test_without_a_widget_it_is_404(dashboard: Dashboard, widget: WidgetOf, how: str) -> None:
    if how == "off":
        await widget.change(enabled=False)
    elif how == "disabled":
        await dashboard.auth("SetChatbotEnabled", chatbot_id=dashboard.chatbot.id, enabled=False)
    else:
        widget.id = "wgt_unknown"
    reply = await widget.frame()
    assert (reply.status, json.loads(reply.text)) == (404, {"error": "There is no such widget."})
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]


async def test_nothing_under_the_widget_leads_to_the_dashboard(dashboard: Dashboard, widget: WidgetOf) -> None:
    for path in ("", "/", "/dashboard/", "/healthz", f"/{dashboard.chatbot.id}/", "/frame/", "/v1/ticket/", "/sign-in"):
        reply = await widget.send("GET", f"/widget{path}", {"authorization": "Bearer x"})
        assert reply.status in (404, 405), path
        if path:
            assert json.loads(reply.text).keys() == {"error"}
