"""`chatmount audit`."""

from services.cli.calls.operator_name import operator_name
from services.config.settings import load_settings

from .conftest import Bot, CommandLine


def test_the_log_tells_who_did_what_newest_first(cli: CommandLine, bot: Bot) -> None:
    made = cli.json("key", "create", "--bot", bot.id, "--name", "shop", "--allow", "10.0.0.0/8")
    cli.json("key", "rotate", made["id"])
    cli.json("key", "revoke", made["id"], "--yes")
    events = cli.json("audit", "list", "--account", bot.account_id)["events"]
    assert [event["action"] for event in events] == [
        "key.revoke",
        "key.rotate",
        "key.create",
        "chatbot.create",
        "account.create",
    ]
    assert {event["actor"] for event in events} == {operator_name(load_settings({}))}
    assert {event["account_id"] for event in events} == {bot.account_id}
    assert [event["chatbot_id"] for event in events] == [bot.id] * 4 + [None]
    assert [event["api_key_id"] for event in events] == [made["id"]] * 3 + [None, None]
    assert all(event["request_id"].startswith("cli-") for event in events)
    assert events[2]["details"] == {"name": "shop", "last4": made["last4"], "allowlist": ["10.0.0.0/8"]}
    assert events[4]["details"] == {"name": "Example Ltd", "plan": "plus"}


def test_the_list_is_narrowed(cli: CommandLine, bot: Bot) -> None:
    made = cli.json("key", "create", "--bot", bot.id)
    cli.json("bot", "disable", bot.id)

    def actions(*options: str) -> list[str]:
        return [event["action"] for event in cli.json("audit", "list", *options)["events"]]

    assert actions("--key", made["id"]) == ["key.create"]
    assert actions("--bot", bot.id) == ["chatbot.disable", "key.create", "chatbot.create"]
    assert actions("--bot", bot.id, "--limit", "1") == ["chatbot.disable"]
    assert actions("--bot", bot.id, "--action", "chatbot.create") == ["chatbot.create"]
    assert actions("--bot", bot.id, "--until", "2026-01-01") == []
    assert actions("--bot", bot.id, "--since", "9000-01-01T00:00:00Z") == []
    newest = cli.json("audit", "list", "--bot", bot.id)["events"][0]["created_at"]
    assert actions("--bot", bot.id, "--since", newest)[0] == "chatbot.disable"
    assert "chatbot.disable" not in actions("--bot", bot.id, "--until", newest)


def test_people_get_a_table_and_mistakes_a_line(cli: CommandLine, bot: Bot) -> None:
    outcome = cli("audit", "list", "--bot", bot.id)
    assert "chatbot.create" in outcome.out
    assert "name=Help desk" in outcome.out
    assert cli("audit", "list", "--bot", "bot_made0up").out == "No such event.\n"
    assert "action must be one of account.create, " in cli.refused("audit", "list", "--action", "key.steal")
    assert "neither a day" in cli.refused("audit", "list", "--since", "yesterday", code=2)
