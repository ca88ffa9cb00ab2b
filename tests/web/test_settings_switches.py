"""`bot_x/settings`: off and on, another language, and the end of a chatbot."""

import pytest

from services.trust.principal import Principal, Role
from tests.web.asking import ask
from tests.web.dashboard import Dashboard
from tests.web.settings_page import settings
from tests.web.test_sources_page import FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_another_language_is_chosen_and_sources_follow(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    wrong = await dashboard.post(settings(dashboard, "/language"), {"language": "xx"})
    assert (wrong.status, wrong.page.one(id="language-error").text[:46]) == (
        422,
        "Language must be the two-letter code of one of",
    )
    saved = await dashboard.post(settings(dashboard, "/language"), {"language": "de"}, "editor")
    assert saved.location == settings(dashboard, "?done=saved")
    reply = await dashboard.get(saved.location, "viewer")
    words = reply.page.one("section", aria_labelledby="searched").text
    # The sources follow in the background, perhaps already.
    assert words in (
        "Language German",
        "Language Its sources are being read in German. Until all are done, it searches in English.",
    )


async def test_an_owner_switches_it_off_and_on(dashboard: Dashboard) -> None:
    off = await dashboard.post(settings(dashboard, "/enabled"))
    reply = await dashboard.get(off.location, "editor")
    assert "off Its API keys are refused, and its widget is gone." in reply.page.one("main").text
    assert (
        reply.page.one("p", class_="notice").text
        == "The chatbot is off. Its API keys are refused, and its widget is gone."
    )
    form = (await dashboard.get(settings(dashboard))).page.one("form", action=settings(dashboard, "/enabled"))
    assert form.one("button").text == "Switch on"
    on = await dashboard.post(settings(dashboard, "/enabled"), {"enabled": "on"})
    assert "on It answers programs" in (await dashboard.get(on.location)).page.one("main").text


async def test_a_chatbot_is_deleted_with_all_that_belongs_to_it(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    await ask(dashboard, "What is the yearly fee?")
    chatbot = dashboard.chatbot
    await dashboard.call("quota", "SetChannelBudget", channel="widget", per_day=7)
    asked = await dashboard.get(settings(dashboard, "/delete"))
    assert "Help Desk is gone for good, with its sources" in asked.page.one("main").text
    wrong = await dashboard.post(settings(dashboard, "/delete"), {"name": "Help"})
    assert (wrong.status, wrong.page.one(id="name-error").text) == (422, "This is not its name.")
    deleted = await dashboard.post(settings(dashboard, "/delete"), {"name": " Help Desk "})
    assert deleted.location == f"/dashboard/{dashboard.account.id}/?done=chatbot-deleted"
    assert "Help Desk" not in (await dashboard.get(deleted.location)).page.one("main").text
    assert (await dashboard.get(settings(dashboard))).status == 404
    scope = Principal(Role.ROLE_OPERATOR, dashboard.account.id, chatbot.id)
    assert (await dashboard.call("retrieval", "GetSourceCounts", scope)).passages == 0
    assert list((await dashboard.call("chat", "ListSessions", scope)).sessions) == []
    assert (await dashboard.call("quota", "GetChannelBudget", scope, channel="widget")).budget.is_default


async def test_what_breaks_off_is_deleted_when_the_form_is_sent_again(dashboard: Dashboard) -> None:
    await ask(dashboard, "What is the yearly fee?")
    async with dashboard.without("chat"):
        broken = await dashboard.post(settings(dashboard, "/delete"), {"name": "Help Desk"})
        assert broken.status == 503
        assert broken.page.one("p", role="alert").text == "The Chat service does not answer. Try again."
        assert broken.page.one("input", id="name").get("value") == "Help Desk"
    assert (
        "off Its API keys are refused, and its widget is gone."
        in (await dashboard.get(settings(dashboard))).page.one("main").text
    )
    assert (await dashboard.post(settings(dashboard, "/delete"), {"name": "Help Desk"})).status == 303
