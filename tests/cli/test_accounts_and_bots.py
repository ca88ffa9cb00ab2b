import re

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_an_account_is_created_listed_moved_and_deleted(cli: CommandLine) -> None:
    created = cli.json("account", "create", "Example Ltd", "--plan", "plus")
    assert created["id"].startswith("acct_")
    assert (created["name"], created["plan"]) == ("Example Ltd", "plus")
    assert TIME.fullmatch(created["created_at"])
    assert created in cli.json("account", "list")["accounts"]
    assert cli.json("account", "set-plan", created["id"], "enterprise")["plan"] == "enterprise"
    assert cli.json("account", "show", created["id"])["plan"] == "enterprise"
    assert cli.json("account", "delete", created["id"]) == {"id": created["id"], "deleted": True}
    assert cli.refused("account", "show", created["id"]) == (
        f"No account '{created['id']}'; `chatmount account list` shows those there are."
    )


def test_json_may_be_asked_for_before_and_after_the_command(cli: CommandLine) -> None:
    after = cli("account", "list", "--json")
    assert cli("--json", "account", "list") == after
    assert cli("account", "--json", "list") == after
    assert len(after.out.splitlines()) == 1


def test_people_get_a_table_with_whole_ids(cli: CommandLine, bot: Bot) -> None:
    shown = cli("bot", "list", "--account", bot.account_id)
    assert shown.code == 0
    assert bot.id in shown.out
    assert bot.account_id in shown.out
    assert "Help desk" in shown.out


def test_a_plan_that_is_not_there_is_refused_in_one_line(cli: CommandLine) -> None:
    assert "plan must be one of free, go, plus, enterprise" in cli.refused("account", "create", "X", "--plan", "gold")


def test_an_account_with_chatbots_is_not_deleted(cli: CommandLine, bot: Bot) -> None:
    assert "chatbot" in cli.refused("account", "delete", bot.account_id)


def test_a_chatbot_is_created_with_its_words(cli: CommandLine, bot: Bot) -> None:
    words = ("--instructions", "Be brief.", "--fallback", "Ask a colleague.")
    created = cli.json("bot", "create", "Sales", "--account", bot.account_id, *words)
    assert created["id"].startswith("bot_")
    assert created["account_id"] == bot.account_id
    shown = cli.json("bot", "show", created["id"])
    assert (shown["instructions"], shown["fallback"], shown["enabled"]) == ("Be brief.", "Ask a colleague.", True)


def test_the_default_fallback_is_shown_in_the_language_of_the_chatbot(cli: CommandLine, bot: Bot) -> None:
    said = "Non ho trovato una risposta nelle pagine che conosco."
    created = cli.json("bot", "create", "Aiuto", "--account", bot.account_id, "--language", "it")
    assert cli.json("bot", "show", created["id"])["fallback"] == said
    assert cli.json("bot", "set", created["id"], "--fallback", "")["fallback"] == said


def test_a_chatbot_is_renamed(cli: CommandLine, bot: Bot) -> None:
    assert cli.json("bot", "rename", bot.id, " Sales ")["name"] == "Sales"
    assert cli.json("bot", "show", bot.id)["name"] == "Sales"
    assert "name must be" in cli.refused("bot", "rename", bot.id, "")
    assert cli.refused("bot", "rename", "bot_nothing", "Sales") == (
        "No chatbot 'bot_nothing'; `chatmount bot list` shows those there are."
    )


def test_a_chatbot_whose_words_are_refused_is_not_left_behind(cli: CommandLine, bot: Bot) -> None:
    cli.refused("bot", "create", "Sales", "--account", bot.account_id, "--fallback", "x" * 2001)
    names = [one["name"] for one in cli.json("bot", "list", "--account", bot.account_id)["chatbots"]]
    assert names == ["Help desk"]


def test_what_is_not_given_to_set_stays(cli: CommandLine, bot: Bot) -> None:
    cli.json("bot", "set", bot.id, "--instructions", "Be brief.", "--threshold", "0.5")
    changed = cli.json("bot", "set", bot.id, "--fallback", "Sorry.")
    assert (changed["instructions"], changed["fallback"], changed["threshold"]) == ("Be brief.", "Sorry.", 0.5)
    assert "Nothing to change" in cli.refused("bot", "set", bot.id, code=2)


def test_a_chatbot_may_have_a_model_of_its_own_and_go_back_to_the_settings(cli: CommandLine, bot: Bot) -> None:
    changed = cli.json("bot", "set", bot.id, "--model", "big", "--temperature", "0", "--answer-tokens", "99")
    assert (changed["model"], changed["temperature"], changed["answer_tokens"]) == ("big", 0.0, 99)
    cli.json("bot", "set", bot.id, "--model", "", "--temperature", "default", "--answer-tokens", "default")
    shown = cli.json("bot", "show", bot.id)
    assert (shown["model"], shown["temperature"], shown["answer_tokens"]) == (None, None, None)
    for option, value in (("--temperature", "3"), ("--temperature", "-1"), ("--answer-tokens", "1")):
        cli.refused("bot", "set", bot.id, option, value, code=2)


def test_a_chatbot_is_switched_off_and_on(cli: CommandLine, bot: Bot) -> None:
    assert cli.json("bot", "disable", bot.id)["enabled"] is False
    assert cli.json("bot", "enable", bot.id)["enabled"] is True


def test_a_chatbot_goes_with_all_that_it_has(cli: CommandLine, bot: Bot) -> None:
    cli.json("qa", "add", "--bot", bot.id, "--question", "Who?", "--answer", "We.")
    key = cli.json("key", "create", "--bot", bot.id)["key"]
    cli.json("widget", "set", bot.id, "--budget", "7")
    deleted = cli.json("bot", "delete", bot.id)
    assert (deleted["deleted"], deleted["qa_pairs"]) == (True, 1)
    assert cli.refused("bot", "delete", bot.id) == (
        f"No chatbot '{bot.id}'; `chatmount bot list` shows those there are."
    )
    assert cli.refused("chat", "--key", key, "Who?").startswith("401: ")
    cli.json("account", "delete", bot.account_id)


def test_a_deletion_that_broke_off_is_finished_by_a_second_one(cli: CommandLine, bot: Bot) -> None:
    # What an interrupted deletion leaves: a chatbot that is off, with some of its things gone.
    cli.json("bot", "disable", bot.id)
    assert cli.json("bot", "delete", bot.id)["deleted"] is True


def test_an_unknown_chatbot_is_named_with_how_to_find_one(cli: CommandLine) -> None:
    for command in (
        ("bot", "show", "bot_x"),
        ("source", "list", "--bot", "bot_x"),
        ("key", "create", "--bot", "bot_x"),
        ("session", "list", "--bot", "bot_x"),
        ("search", "--bot", "bot_x", "words"),
        ("token", "--bot", "bot_x"),
    ):
        assert "`chatmount bot list` shows" in cli.refused(*command)
