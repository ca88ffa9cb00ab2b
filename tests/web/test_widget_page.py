"""`bot_x/widget`: on or off, sites, the snippet, the budget, apps, a new id; what each role sees and may do."""

import pytest

from tests.each import for_each
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.spending import set_plan, spend
from tests.web.widget_page import NOWHERE, OF_EDITORS, OTHER, SITE, buttons, listed, section, sites, widget

pytestmark = pytest.mark.asyncio(loop_scope="session")


@for_each(
    ("who", "may"),
    [
        ("viewer", {"The look", "Copy"}),
        ("editor", OF_EDITORS),
        ("owner", OF_EDITORS | {"Save budget"}),
        ("operator", OF_EDITORS | {"Save budget"}),
    ],
)
async def test_each_role_sees_all_and_the_buttons_that_are_for_it(
    dashboard: Dashboard, who: str, may: set[str]
) -> None:
    known = await listed(dashboard, SITE)
    reply = await dashboard.get(widget(dashboard), who)
    assert reply.status == 200
    assert buttons(reply) == may
    assert section(reply, "running").one("p").text == "on It answers on the site below."
    assert sites(reply)[0].startswith(f"{SITE} not seen yet")
    source = dashboard.client.make_url(f"/widget/{known.id}.js")
    assert reply.page.one("code", id="snippet").text == f'<script async src="{source}"></script>'
    assert "0 of 150 credits are spent today. The budget is the default." in section(reply, "spends").text
    told = "An owner of the account can change the budget."
    assert (told in section(reply, "spends").text) == (who in ("viewer", "editor"))


async def test_it_is_switched_off_and_on(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE)
    off = await dashboard.post(widget(dashboard, "/enabled"), who="editor")
    assert off.location == widget(dashboard, "?done=widget-off")
    reply = await dashboard.get(off.location)
    assert section(reply, "running").one("p").text == "off The chat does not appear anywhere."
    assert not (await dashboard.call("auth", "GetWidget")).widget.enabled
    form = reply.page.one("form", action=widget(dashboard, "/enabled"))
    assert form.one("button").text == "Switch on"
    on = await dashboard.post(widget(dashboard, "/enabled"), {"enabled": form.one("input").get("value")})
    assert (await dashboard.call("auth", "GetWidget")).widget.enabled
    assert "on It answers on the site below." in (await dashboard.get(on.location)).page.text


async def test_with_its_chatbot_off_it_is_off_too(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE, OTHER)
    await dashboard.auth("SetChatbotEnabled", chatbot_id=dashboard.chatbot.id, enabled=False)
    reply = await dashboard.get(widget(dashboard))
    assert section(reply, "running").one("p").text == "off The chatbot is off, and so is its chat. Settings"


async def test_an_owner_sets_the_budget_and_brings_the_default_back(dashboard: Dashboard) -> None:
    await spend(dashboard, "2026-11-23", 3, "widget")
    await spend(dashboard, "2026-11-23", 2, "api")
    path = widget(dashboard, "/budget")
    saved = await dashboard.post(path, {"per_day": "4"})
    assert saved.location == widget(dashboard, "?done=saved")
    reply = await dashboard.get(saved.location, "viewer")
    assert "3 of 4 credits are spent today. A new day begins at 00:00 UTC." in section(reply, "spends").text
    meter = section(reply, "spends").one("meter")
    assert (meter.get("value"), meter.get("max")) == ("3", "4")
    assert reply.page.all("p", class_="wrong")[-1].text == f"{NOWHERE} An editor of the account can add one."
    await dashboard.post(path, {"per_day": "3"})
    used_up = section(await dashboard.get(widget(dashboard)), "spends").one("p", class_="wrong").text
    assert used_up == "The budget is used up: visitors read that the chat rests until tomorrow."
    await dashboard.post(path, {"per_day": "0"})
    assert "3 of 0 credits" in (await dashboard.get(widget(dashboard))).page.text
    await dashboard.post(path, {"per_day": " "})
    words = section(await dashboard.get(widget(dashboard)), "spends").text
    assert "3 of 150 credits are spent today. The budget is the default." in words
    await set_plan(dashboard, "enterprise")
    assert "3 of 1,000 credits" in (await dashboard.get(widget(dashboard))).page.text


@for_each("typed", ["-1", "1000001", "many", "1.5", "9" * 30])
async def test_what_is_no_budget_is_refused_at_its_field(dashboard: Dashboard, typed: str) -> None:
    reply = await dashboard.post(widget(dashboard, "/budget"), {"per_day": typed})
    assert (reply.status, reply.page.one(id="per_day-error").text[:16]) == (422, "Per day must be ")
    assert reply.page.one("input", id="per_day").get("value") == typed
    assert "The budget is the default." in (await dashboard.get(widget(dashboard))).page.text


async def test_apps_are_allowed_after_a_warning(dashboard: Dashboard) -> None:
    path = widget(dashboard, "/apps")
    asked = await dashboard.get(path, "editor")
    assert "every website may embed the chat and ask on your credits" in asked.page.text
    allowed = await dashboard.post(
        path, {"allow_apps": asked.page.one("input", name="allow_apps").get("value")}, "editor"
    )
    assert allowed.location == widget(dashboard, "?done=apps-on")
    reply = await dashboard.get(allowed.location)
    assert "every website may embed it too" in section(reply, "apps").text
    assert section(reply, "running").one("p").text == "on It answers on every site, and in apps."
    assert NOWHERE not in reply.page.text
    assert "answers only on the sites of the list" in (await dashboard.get(path)).page.text
    await dashboard.post(path)
    assert not (await dashboard.call("auth", "GetWidget")).widget.allow_apps


async def test_a_new_id_is_given_after_a_question_that_says_what_ends(dashboard: Dashboard) -> None:
    old = (await listed(dashboard, SITE)).id
    path = widget(dashboard, "/id")
    asked = await dashboard.get(path, "editor")
    for end in ("the present snippet stops working", "open chats are refused", "visitors start over"):
        assert end in asked.page.text
    form = {"id": asked.page.one("input", name="id").get("value")}
    renewed = await dashboard.post(path, form, "editor")
    assert renewed.location == widget(dashboard, "?done=widget-renewed")
    new = (await dashboard.call("auth", "GetWidget")).widget.id
    assert new != old
    reply = await dashboard.get(renewed.location)
    assert (new in reply.page.one("code", id="snippet").text, old in reply.text) == (True, False)
    assert len(sites(reply)) == 1
    # The same form once more, or that of somebody who looked before.
    again = await dashboard.post(path, form)
    assert again.status == 409
    assert again.page.one("p", role="alert").text.startswith("The id was renewed meanwhile.")
    assert again.page.one("input", name="id").get("value") == new
    assert (await dashboard.call("auth", "GetWidget")).widget.id == new


@for_each(
    ("rest", "fields", "least"),
    [
        ("/enabled", {}, "editor"),
        ("/sites", {"site": "https://b.example"}, "editor"),
        ("/sites/remove", {"site": SITE}, "editor"),
        ("/budget", {"per_day": "1000"}, "owner"),
        ("/apps", {"allow_apps": "on"}, "editor"),
        ("/id", {}, "editor"),
    ],
)
async def test_who_may_not_changes_nothing(dashboard: Dashboard, rest: str, fields: dict[str, str], least: str) -> None:
    before = await listed(dashboard, SITE)
    form = {"id": before.id} if rest == "/id" else fields
    for who in MEMBERS[MEMBERS.index(least) + 1 :]:
        reply = await dashboard.post(widget(dashboard, rest), form, who)
        assert reply.status == 403
        assert f"Your role ({who}) can't do this. It takes an {least} of the account." in reply.page.text
    assert (await dashboard.call("auth", "GetWidget")).widget == before
    assert (await dashboard.call("quota", "GetChannelBudget", channel="widget")).budget.is_default


async def test_without_the_ledger_the_rest_of_the_page_stands(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE)
    async with dashboard.without("quota"):
        reply = await dashboard.get(widget(dashboard))
        assert "The Quota service does not answer. Try again." in section(reply, "spends").text
        assert sites(reply)
        refused = await dashboard.post(widget(dashboard, "/budget"), {"per_day": "7"})
        assert (refused.status, refused.page.one("input", id="per_day").get("value")) == (503, "7")
