"""`chatmount widget`: the widget of a chatbot, from three services."""

from chatmount.chat.v1.visitor_pb2 import Appearance

from services.cli.options.appearance import LISTS, NUMBERS, SWITCHES, TEXTS
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

SITE = "https://www.example.com"


def test_every_setting_of_an_appearance_has_its_option() -> None:
    options = [*TEXTS, *NUMBERS, *SWITCHES, *LISTS]
    assert sorted(options) == sorted(field.name for field in Appearance.DESCRIPTOR.fields)


def test_a_new_widget_is_shown_with_the_line_for_pages(cli: CommandLine, bot: Bot) -> None:
    shown = cli.json("widget", "show", bot.id)
    assert shown["html"].startswith('<script async src="http')
    assert shown["html"].endswith(f'/widget/{shown["id"]}.js"></script>')
    assert (shown["enabled"], shown["origins"], shown["allow_apps"], shown["seen"]) == (True, [], False, [])
    assert shown["budget"] == {"channel": "widget", "per_day": 150, "is_default": True, "used_today": 0}
    assert shown["appearance"]["language"] == "auto"
    table = cli("widget", "show", bot.id).out
    for part in (shown["html"], "150 credits a day (the default), 0 used today", "z index"):
        assert part in table


def test_sites_are_added_and_removed(cli: CommandLine, bot: Bot) -> None:
    added = cli.json("widget", "origin", "add", bot.id, "www.example.com", "*.bücher.example")
    assert added["origins"] == [SITE, "https://*.xn--bcher-kva.example"]
    assert "is on the list already" in cli.refused("widget", "origin", "add", bot.id, f"{SITE}/")
    assert "A site has no path" in cli.refused("widget", "origin", "add", bot.id, f"{SITE}/shop")
    assert cli.json("widget", "origin", "remove", bot.id, SITE)["origins"] == ["https://*.xn--bcher-kva.example"]
    assert cli.refused("widget", "origin", "remove", bot.id, SITE) == f"There is no such site: {SITE}."
    assert "No chatbot 'bot_x'" in cli.refused("widget", "origin", "add", "bot_x", SITE)
    assert cli.json("widget", "show", bot.id)["origins"] == ["https://*.xn--bcher-kva.example"]


def test_what_is_set_is_changed_and_the_rest_stays(cli: CommandLine, bot: Bot) -> None:
    looks = ("--title", "Help", "--accent", "#0A66C2", "--suggestion", "How long?", "--suggestion", "Where?")
    rest = ("--hide-on", "/checkout*", "--no-sources", "--offset-x", "40", "--open-after-seconds", "5")
    before = cli.json("widget", "show", bot.id)
    changed = cli.json("widget", "set", bot.id, "--disabled", "--apps", "--budget", "7", *looks, *rest)
    assert (changed["enabled"], changed["allow_apps"]) == (False, True)
    assert (changed["budget"]["per_day"], changed["budget"]["is_default"]) == (7, False)
    assert changed["appearance"] == before["appearance"] | {
        "title": "Help",
        "accent": "#0a66c2",
        "suggestions": ["How long?", "Where?"],
        "hidden_paths": ["/checkout*"],
        "sources": False,
        "offset_x": 40,
        "open_after_seconds": 5,
    }
    assert cli.json("widget", "show", bot.id) == changed
    again = ("--title", "", "--suggestion", "", "--hide-on", "", "--sources", "--open-after-seconds", "0")
    reset = cli.json("widget", "set", bot.id, "--enabled", "--no-apps", "--budget", "default", *again)
    assert reset["budget"] == before["budget"]
    assert reset["appearance"] == before["appearance"] | {"accent": "#0a66c2", "offset_x": 40}
    assert (reset["enabled"], reset["allow_apps"]) == (True, False)


def test_what_can_not_be_set_is_told_and_nothing_changes(cli: CommandLine, bot: Bot) -> None:
    before = cli.json("widget", "show", bot.id)
    assert cli.refused("widget", "set", bot.id, code=2).startswith("Nothing to change")
    for wrong in (("--accent", "blue"), ("--offset-x", "201"), ("--side", "top"), ("--hide-on", "checkout")):
        assert "must be" in cli.refused("widget", "set", bot.id, *wrong, "--disabled", "--budget", "7")
    assert "budget" in cli.refused("widget", "set", bot.id, "--budget", "1000001", code=2)
    assert cli.json("widget", "show", bot.id) == before


def test_a_new_id_takes_the_place_of_the_old_one(cli: CommandLine, bot: Bot) -> None:
    before = cli.json("widget", "origin", "add", bot.id, SITE)
    renewed = cli.json("widget", "renew", bot.id)
    assert renewed["id"] != before["id"]
    assert renewed["id"] in renewed["html"]
    assert renewed["origins"] == [SITE]
    events = cli.json("audit", "list", "--bot", bot.id)["events"]
    assert [event["action"] for event in events] == ["widget.renew", "widget.update", "chatbot.create"]
    cli.json("bot", "delete", bot.id)
    assert "No chatbot" in cli.refused("widget", "show", bot.id)
