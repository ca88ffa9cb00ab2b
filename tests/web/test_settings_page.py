"""`bot_x/settings`: what each role sees and changes; two people at once; the end of a chatbot."""

import pytest

from services.web.dashboard.profiles import FIELDS
from tests.each import for_each
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.settings_page import AS_IT_COMES, CHANGED, DEFAULT_FALLBACK, buttons, filled_in, profile, settings, shown

pytestmark = pytest.mark.asyncio(loop_scope="session")


@for_each(
    ("who", "may"),
    [
        ("viewer", set[str]()),
        ("editor", {"Save", "Save language"}),
        ("owner", {"Save", "Save language", "Rename", "Switch off", "Delete chatbot"}),
        ("operator", {"Save", "Save language", "Rename", "Switch off", "Delete chatbot"}),
    ],
)
async def test_each_role_sees_all_and_the_buttons_that_are_for_it(
    dashboard: Dashboard, who: str, may: set[str]
) -> None:
    reply = await dashboard.get(settings(dashboard), who)
    assert reply.status == 200
    assert buttons(reply) == may
    for text in ("Help Desk", dashboard.chatbot.id, DEFAULT_FALLBACK, "English", "on It answers programs"):
        assert text in reply.page.one("main").text
    if who == "viewer":
        told = [fact.text for fact in reply.page.one("dl").all("dd")]
        assert told[1:] == ["0.4", "none", *["that of the installation"] * 2, "as the installation says"]
    else:
        assert shown(reply) == AS_IT_COMES


async def test_an_owner_renames_it(dashboard: Dashboard) -> None:
    wrong = await dashboard.post(settings(dashboard, "/name"), {"name": " "})
    assert (wrong.status, wrong.page.one(id="name-error").text[:12]) == (422, "Name must be")
    assert shown(wrong) == AS_IT_COMES
    renamed = await dashboard.post(settings(dashboard, "/name"), {"name": "Büro <1>"})
    assert renamed.location == settings(dashboard, "?done=saved")
    assert (await dashboard.get(renamed.location)).page.one("input", id="name").get("value") == "Büro <1>"


async def test_an_editor_changes_how_it_answers_and_brings_the_defaults_back(dashboard: Dashboard) -> None:
    form = await filled_in(dashboard, **CHANGED)
    for _ in range(2):
        saved = await dashboard.post(settings(dashboard, "/profile"), form, "editor")
        assert saved.location == settings(dashboard, "?done=saved")
    reply = await dashboard.get(saved.location)
    assert shown(reply) == CHANGED | {"instructions": "Be brief. Say <b>you</b>."}
    now = await profile(dashboard)
    assert (now.abstention_threshold, now.temperature, now.answer_tokens) == (0.55, 0.0, 2048)
    assert now.instructions == CHANGED["instructions"]
    form = await filled_in(dashboard, **dict.fromkeys(FIELDS, "") | {"abstention_threshold": "0.4"})
    await dashboard.post(settings(dashboard, "/profile"), form)
    assert shown(await dashboard.get(settings(dashboard))) == AS_IT_COMES


@for_each(
    ("field", "text", "said"),
    [
        ("instructions", "x" * 8001, "Instructions must be at most 8000 characters"),
        ("fallback", "x" * 2001, "Fallback must be at most 2000 characters"),
        ("abstention_threshold", "1.1", "Abstention threshold must be a number from 0 to 1"),
        ("abstention_threshold", "", "Abstention threshold must be a number from 0 to 1."),
        ("abstention_threshold", "nan", "Abstention threshold must be a number from 0 to 1"),
        ("model", "a\x07", "Model must not contain control characters"),
        ("temperature", "3", "Temperature must be a number from 0 to 2, or -1 for that of the settings"),
        ("temperature", "warm", "Temperature must be a number from 0 to 2."),
        ("answer_tokens", "15", "Answer tokens must be a number from 16 to 100000, or 0 for that of the settings"),
        ("answer_tokens", "9" * 30, "Answer tokens must be a whole number from 16 to 100000."),
        ("answer_tokens", "1.5", "Answer tokens must be a whole number from 16 to 100000."),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    dashboard: Dashboard, field: str, text: str, said: str
) -> None:
    form = await filled_in(dashboard, **{**CHANGED, "instructions": "Short.", field: text})
    reply = await dashboard.post(settings(dashboard, "/profile"), form)
    assert (reply.status, reply.page.one(id=f"{field}-error").text) == (422, said)
    assert "autofocus" in reply.page.one(id=field).attributes
    assert shown(reply) == {name: form[name] for name in FIELDS}
    assert (await profile(dashboard)).fallback == DEFAULT_FALLBACK


async def test_of_two_people_at_once_the_second_sees_what_the_first_has_saved(dashboard: Dashboard) -> None:
    first = await filled_in(dashboard, fallback="First.", abstention_threshold="0.5")
    second = await filled_in(dashboard, fallback="Second.")
    assert (await dashboard.post(settings(dashboard, "/profile"), first, "owner")).status == 303
    reply = await dashboard.post(settings(dashboard, "/profile"), second, "editor")
    assert reply.status == 409
    assert reply.page.one("p", role="alert").text.startswith("Somebody has changed this meanwhile.")
    assert shown(reply) == AS_IT_COMES | {"fallback": "Second."}
    theirs = [each.text for each in reply.page.all("p", class_="theirs")]
    assert theirs == ["Saved meanwhile First.", "Saved meanwhile 0.5"]
    assert (await profile(dashboard)).fallback == "First."
    # Whoever saves again knows of it.
    second["seen"] = reply.page.one("input", name="seen").get("value")
    assert (await dashboard.post(settings(dashboard, "/profile"), second, "editor")).status == 303
    assert ((await profile(dashboard)).fallback, (await profile(dashboard)).abstention_threshold) == ("Second.", 0.4)


async def test_the_default_fallback_is_shown_in_the_language_of_the_chatbot(dashboard: Dashboard) -> None:
    await dashboard.call("retrieval", "UpdateSettings", language="de")
    form = await filled_in(dashboard, abstention_threshold="0.5")
    assert form["fallback"] == "Darauf habe ich auf den Seiten, die ich kenne, keine Antwort gefunden."
    viewed = (await dashboard.get(settings(dashboard), "viewer")).page.one("main").text
    assert form["fallback"] in viewed
    assert (await dashboard.post(settings(dashboard, "/profile"), form)).status == 303
    # It stays the default, and follows the language.
    await dashboard.call("retrieval", "UpdateSettings", language="fr")
    fallback = "Je n’ai pas trouvé de réponse à cela dans les pages que je connais."
    assert shown(await dashboard.get(settings(dashboard)))["fallback"] == fallback


@for_each(
    ("rest", "fields", "least"),
    [
        ("/name", {"name": "Mine"}, "owner"),
        ("/profile", AS_IT_COMES | {"fallback": "Mine"}, "editor"),
        ("/language", {"language": "de"}, "editor"),
        ("/enabled", {}, "owner"),
        ("/delete", {"name": "Help Desk"}, "owner"),
    ],
)
async def test_who_may_not_changes_nothing(dashboard: Dashboard, rest: str, fields: dict[str, str], least: str) -> None:
    form = {**(await filled_in(dashboard)), **fields} if rest == "/profile" else fields
    for who in MEMBERS[MEMBERS.index(least) + 1 :]:
        reply = await dashboard.post(settings(dashboard, rest), form, who)
        assert reply.status == 403
        assert f"Your role ({who}) can't do this. It takes an {least} of the account." in reply.page.text
    reply = await dashboard.get(settings(dashboard))
    assert shown(reply) == AS_IT_COMES
    assert "Switch off" in buttons(reply)
    assert reply.page.one("input", id="name").get("value") == "Help Desk"
    back = await dashboard.get(settings(dashboard, rest), "viewer")
    assert back.status == (403 if rest == "/delete" else 303)


async def test_without_a_service_its_part_says_so(dashboard: Dashboard) -> None:
    for service, part, other in (("chat", "speaks", "searched"), ("retrieval", "searched", "speaks")):
        form = await filled_in(dashboard, fallback="Typed.")
        async with dashboard.without(service):
            reply = await dashboard.get(settings(dashboard))
            failure = f"The {service.capitalize()} service does not answer. Try again."
            assert failure in reply.page.one("section", aria_labelledby=part).text
            assert failure not in reply.page.one("section", aria_labelledby=other).text
            refused = await dashboard.post(settings(dashboard, "/profile"), form)
            assert refused.status == (503 if service == "chat" else 303)
            if service == "chat":
                assert shown(refused)["fallback"] == "Typed."
                assert refused.page.one("input", name="seen").get("value") == form["seen"]
