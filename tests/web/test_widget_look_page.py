"""`bot_x/widget/look`: every field of the look, its rules, two people at once, and what the preview is told."""

import json

import pytest

from services.web.dashboard.appearance_fields import GROUPS
from services.web.dashboard.appearances import FIELDS
from services.web.widget.languages import Languages
from services.web.widget.loader import ICONS
from tests.each import for_each
from tests.web.dashboard import Dashboard
from tests.web.look_of_a_widget import CHANGED, appearance, filled_in, look, shown, shown_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_page_has_every_field(dashboard: Dashboard) -> None:
    named = [each.name for group in GROUPS.values() for each in group]
    assert sorted(named) == sorted(FIELDS)


async def test_an_editor_changes_all_of_it_and_brings_it_back(dashboard: Dashboard) -> None:
    before, first = await appearance(dashboard), await filled_in(dashboard)
    saved = await dashboard.post(look(dashboard), await filled_in(dashboard, **CHANGED), "editor")
    assert saved.location == look(dashboard) + "?done=saved"
    assert shown(await dashboard.get(saved.location)) == CHANGED
    now = await appearance(dashboard)
    assert (now.greeting, list(now.suggestions)) == (CHANGED["greeting"], CHANGED["suggestions"].splitlines())
    assert (now.z_index, now.message_events, now.sources) == (5000, True, False)
    back = first | {"seen": (await filled_in(dashboard))["seen"]}
    assert (await dashboard.post(look(dashboard), back)).status == 303
    assert await appearance(dashboard) == before


@for_each(
    ("field", "typed"),
    [
        ("title", "x" * 101),
        ("title", "a\x07"),
        ("greeting", "x" * 1001),
        ("suggestions", "\n".join("abcdefg")),
        ("suggestions", "x" * 101),
        ("placeholder", "x" * 101),
        ("footer", "x" * 201),
        ("privacy_url", "javascript:alert(1)"),
        ("resting_text", "x" * 301),
        ("language", "xx"),
        ("accent", "red"),
        ("color_scheme", "sepia"),
        ("side", "top"),
        ("offset_x", "201"),
        ("offset_y", "-1"),
        ("offset_y", "1.5"),
        ("z_index", "0"),
        ("z_index", "9" * 30),
        ("launcher_icon", "dog"),
        ("launcher_text", "x" * 41),
        ("open_after_seconds", "3601"),
        ("open_after_seconds", ""),
        ("hidden_paths", "\n".join(f"/{number}" for number in range(51))),
        ("hidden_paths", "checkout"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    dashboard: Dashboard, field: str, typed: str
) -> None:
    before = await appearance(dashboard)
    form = await filled_in(dashboard, **{"footer": "Typed.", field: typed})
    reply = await dashboard.post(look(dashboard), form)
    assert reply.status == 422
    said = reply.page.one(id=f"{field}-error").text
    assert field.replace("_", " ") in said.lower()
    assert "autofocus" in reply.page.one(id=field).attributes
    held = reply.page.one(id=field)
    if held.tag != "select":
        assert shown_in(held) == typed
    assert field == "footer" or reply.page.one(id="footer").get("value") == "Typed."
    assert await appearance(dashboard) == before


async def test_of_two_people_at_once_the_second_sees_what_the_first_has_saved(dashboard: Dashboard) -> None:
    first = await filled_in(dashboard, title="First", sources="")
    second = await filled_in(dashboard, title="Second")
    assert (await dashboard.post(look(dashboard), first, "owner")).status == 303
    reply = await dashboard.post(look(dashboard), second, "editor")
    assert reply.status == 409
    assert reply.page.one("p", role="alert").text.startswith("Somebody has changed this meanwhile.")
    theirs = [each.text for each in reply.page.all("p", class_="theirs") if "data-warning" not in each.attributes]
    assert theirs == ["Saved meanwhile First", "Saved meanwhile off"]
    second["seen"] = reply.page.one("input", name="seen").get("value")
    assert (await dashboard.post(look(dashboard), second, "editor")).status == 303
    assert ((await appearance(dashboard)).title, (await appearance(dashboard)).sources) == ("Second", True)


async def test_a_viewer_reads_it_and_changes_nothing(dashboard: Dashboard) -> None:
    await dashboard.post(look(dashboard), await filled_in(dashboard, **CHANGED))
    now = await appearance(dashboard)
    reply = await dashboard.get(look(dashboard), "viewer")
    told = {name.text: value.text for name, value in zip(reply.page.all("dt"), reply.page.all("dd"), strict=True)}
    assert told["Title"] == "Ask <us>"
    assert told["Greeting"] == "Hello! How can I help?"
    assert told["Light or dark"] == "dark"
    assert told["Rate answers"] == "no"
    assert len(told) == len(FIELDS)
    assert reply.page.all(data_preview="") == []
    refused = await dashboard.post(look(dashboard), await filled_in(dashboard, title="Mine"), "viewer")
    assert refused.status == 403
    assert "Your role (viewer) can't do this. It takes an editor of the account." in refused.page.text
    assert await appearance(dashboard) == now


async def test_the_preview_is_away_until_a_script_shows_it_in_the_widget_s_own_words(dashboard: Dashboard) -> None:
    reply = await dashboard.get(look(dashboard))
    preview = reply.page.one(data_preview="")
    assert "hidden" in preview.attributes
    said = json.loads(preview.get("data-texts"))
    known = Languages.read().texts
    assert {code: texts["greeting"] for code, texts in said.items()} == {
        code: texts["greeting"] for code, texts in known.items()
    }
    icons = {option.get("value") for option in reply.page.one("select", id="launcher_icon").all("option")}
    assert icons == set(ICONS)
    languages = {option.get("value") for option in reply.page.one("select", id="language").all("option")}
    assert languages == {"auto", *known}


@for_each(
    ("accent", "scheme", "is_warned"),
    [("#0b6470", "auto", False), ("#ffdd33", "auto", True), ("#ffdd33", "dark", False), ("#0b2450", "dark", True)],
)
async def test_it_warns_of_a_colour_that_is_hard_to_read(
    dashboard: Dashboard, accent: str, scheme: str, is_warned: bool
) -> None:
    await dashboard.post(look(dashboard), await filled_in(dashboard, accent=accent, color_scheme=scheme))
    warning = (await dashboard.get(look(dashboard))).page.one(data_warning="")
    assert ("hidden" not in warning.attributes) == is_warned


async def test_without_the_service_it_says_so_and_what_was_typed_stays(dashboard: Dashboard) -> None:
    form = await filled_in(dashboard, title="Typed")
    async with dashboard.without("chat"):
        for who in ("owner", "viewer"):
            reply = await dashboard.get(look(dashboard), who)
            assert reply.page.one(class_="failure").text.startswith("The Chat service does not answer.")
        refused = await dashboard.post(look(dashboard), form)
        assert (refused.status, shown(refused)["title"]) == (503, "Typed")
        assert refused.page.one("input", name="seen").get("value") == form["seen"]
