"""The script that websites embed."""

import gzip
import random
import re
from string import ascii_lowercase

import pytest
from chatmount.chat.v1 import visitor_pb2

from services.auth.widget.origins import admits
from services.web.widget.languages import Languages
from services.web.widget.loader import Loader
from services.web.widget.script import UNLOADED
from services.web.widget.sites import is_listed
from tests.each import for_each
from tests.web.dashboard import Dashboard
from tests.web.visitor import SITE, WidgetOf, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAXIMUM_BYTES = 3 * 1024
HOSTILE = "</script><!--\u2028\u2029\"'`${alert(1)}\\"


async def test_it_is_small_whole_and_kept_for_five_minutes(dashboard: Dashboard) -> None:
    reply = await (await WidgetOf.find(dashboard, SITE)).script()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert len(gzip.compress(reply.text.encode(), 6)) <= MAXIMUM_BYTES
    assert "// " not in reply.text, "no comments"


@for_each("script", ["a", "\u00e0", "\u4e00", "\U0001f300"])
async def test_it_stays_small_with_the_longest_texts_and_most_sites(script: str) -> None:
    chance = random.Random(20261130)

    def words(count: int) -> str:
        return "".join(chance.choices(ascii_lowercase, k=count))

    most = visitor_pb2.Appearance(
        title="".join(chr(ord(script) + chance.randrange(400)) for _ in range(100)),
        launcher_icon="question",
        accent="#0b6470",
        side="right",
        offset_x=199,
        offset_y=198,
        z_index=2_147_483_001,
        open_after_seconds=3599,
        hidden_paths=[f"/{words(198)}*" for _ in range(50)],
        history=True,
        message_events=True,
    )
    sites = [f"https://*.{words(60)}.{words(60)}.example:65535" for _ in range(100)]
    loader = Loader.read(f"/widget/static/{chance.randbytes(8).hex()}/bridge.js")
    for texts in Languages.read().texts.values():
        sent = loader.script(f"wgt_{words(26)}", sites, most, texts[UNLOADED])
        assert len(gzip.compress(sent.encode(), 6)) <= MAXIMUM_BYTES


async def test_it_is_sent_once_as_long_as_it_stays_the_same(widget: WidgetOf) -> None:
    tag = (await widget.script()).headers["ETag"]
    assert tag.startswith('W/"'), "the edge compresses it"
    for known in (tag, f'"other", {tag}', "*"):
        again = await widget.script(if_none_match=known)
        assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
        assert again.headers["Cache-Control"] == "public, max-age=300"
    await widget.look(accent="#aa0000")
    changed = await widget.script(if_none_match=tag)
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


async def test_it_has_one_text_in_the_language_of_the_owner_or_of_the_browser(widget: WidgetOf) -> None:
    german, french = [await widget.script(accept_language=each) for each in ("de-AT,en", "fr")]
    assert settings_of(german.text)["error"] == Languages.read().texts["de"][UNLOADED]
    assert settings_of(french.text)["error"] == Languages.read().texts["fr"][UNLOADED]
    assert german.headers["ETag"] != french.headers["ETag"]
    for kept in (german, await widget.script(accept_language="de-AT,en", if_none_match=german.headers["ETag"])):
        assert kept.headers["Vary"] == "Accept-Language"
    await widget.look(language="es")
    spanish = await widget.script(accept_language="de-AT,en")
    assert settings_of(spanish.text)["error"] == Languages.read().texts["es"][UNLOADED]
    assert "Vary" not in spanish.headers


async def test_it_is_told_what_it_needs_before_a_click(widget: WidgetOf) -> None:
    await widget.look(
        title="Help",
        accent="#ffee00",
        side="left",
        offset_x=0,
        offset_y=7,
        z_index=5,
        launcher_text="Ask us",
        launcher_icon="spark",
        open_after_seconds=9,
        hidden_paths=["/checkout*", "/über", "/a.b"],
        message_events=True,
        history=False,
    )
    told = settings_of((await widget.script()).text)
    assert told.pop("icon").startswith("M12 1l3 8")
    assert re.fullmatch(r"/widget/static/[0-9a-f]{16}/bridge\.js", told.pop("bridge"))
    assert told.pop("error") == "The chat can't be loaded. Try again."
    # A mark for each site and path.
    assert (len(told.pop("sites")), len(told.pop("hidden"))) == (4, 3 * 5)
    assert told == {
        "id": widget.id,
        "label": "Ask us",
        "text": "Ask us",
        "accent": "#ffee00",
        "ink": "#000",
        "side": "left",
        "y": 7,
        "z": 5,
        "after": 9,
        "messages": True,
    }


@pytest.mark.parametrize("field", ["title", "launcher_text"])
async def test_a_hostile_text_stays_a_text(widget: WidgetOf, field: str) -> None:
    text = HOSTILE.translate({0x2028: None, 0x2029: None}) if field == "launcher_text" else HOSTILE
    await widget.look(**{field: text[:40]})
    script = (await widget.script()).text
    assert script.isascii()
    told = script[script.rindex("})({") + 3 :]
    assert not set("<>&") & set(told)
    assert settings_of(script)["label"] == text[:40]


async def test_nobody_is_told_of_the_account(dashboard: Dashboard) -> None:
    text = (await (await WidgetOf.find(dashboard, SITE)).script()).text
    assert not re.search(r"acct_|bot_|key_|cm_live_|eyJ", text)


async def test_without_a_site_it_is_for_nobody_and_with_apps_for_everybody(dashboard: Dashboard) -> None:
    widget = await WidgetOf.find(dashboard)
    assert settings_of((await widget.script()).text)["sites"] == ""
    await widget.change(allow_apps=True)
    assert "sites" not in settings_of((await widget.script()).text)


SITES = (
    SITE,
    "https://*.shop.example",
    "http://old.example",
    "http://local.example:8080",
    "https://xn--bcher-kva.example",
)
HOSTS = ("www.example.com", "example.com", "a.shop.example", "a.b.shop.example", "shop.example", "xshop.example")
OTHERS = ("old.example", "local.example", "xn--bcher-kva.example", "www.example.com.evil.test", "wwwxexample.com")
PORTS = ("", ":8080", ":8443")


@for_each("origin", [f"{s}://{h}{p}" for s in ("http", "https") for h in HOSTS + OTHERS for p in PORTS])
async def test_a_visitor_is_told_that_it_is_not_here_where_no_ticket_is_given(origin: str) -> None:
    assert is_listed(SITES, origin) == admits(SITES, origin)


@pytest.mark.parametrize("how", ["off", "disabled", "renewed", "unknown"])
async def test_without_a_widget_it_is_one_line_for_the_console(
    dashboard: Dashboard, widget: WidgetOf, how: str
) -> None:
    if how == "off":
        await widget.change(enabled=False)
    elif how == "disabled":
        await dashboard.auth("SetChatbotEnabled", chatbot_id=dashboard.chatbot.id, enabled=False)
    elif how == "renewed":
        await dashboard.call("auth", "RenewWidgetId")
    else:
        widget.id = "wgt_" + "a" * 300
    reply = await widget.script()
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert reply.text == f'console.info("Chatmount: {widget.id} is off, or has another id by now.");\n'


@pytest.mark.parametrize("service", ["auth", "chat"])
async def test_while_a_service_is_away_it_is_one_line_too(dashboard: Dashboard, widget: WidgetOf, service: str) -> None:
    async with dashboard.without(service):
        reply = await widget.script()
    assert (reply.status, reply.headers["Cache-Control"]) == (503, "no-store")
    assert reply.text == f'console.info("Chatmount: {widget.id} can\'t be loaded at the moment.");\n'
