import io
import json
import os
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot

PAGE = """# Returns

## Return an item

To return an item, send it back within 30 days with the form that is in the parcel.

## Shipping to islands

Parcels to islands take five working days and cost 12 euros.
"""
QUESTION = "How do I return an item?"


@pytest.fixture
def key(cli: CommandLine, bot: Bot, tmp_path: Path) -> str:
    (tmp_path / "returns.md").write_text(PAGE)
    cli.json("source", "add", "--bot", bot.id, tmp_path / "returns.md")
    return str(cli.json("key", "create", "--bot", bot.id, "--name", "shop")["key"])


def test_a_key_is_shown_once_and_listed_without_its_secret(cli: CommandLine, bot: Bot) -> None:
    options = ("--allow", "203.0.113.0/24", "--allow", "2001:db8::/32", "--expires", "2097-01-31")
    created = cli.json("key", "create", "--bot", bot.id, "--name", "shop", *options)
    assert created["key"].startswith("cm_live_")
    assert len(created["key"]) == 40
    listed = cli("key", "list", "--bot", bot.id, "--json")
    assert created["key"] not in listed.out
    (row,) = listed.json["keys"]
    assert row == {name: value for name, value in created.items() if name != "key"}
    assert row["last4"] == created["key"][-4:]
    assert row["allowlist"] == ["203.0.113.0/24", "2001:db8::/32"]
    assert row["expires_at"] == "2097-01-31T23:59:59Z"
    assert (row["status"], row["last_used_at"]) == ("active", None)
    table = cli("key", "list", "--bot", bot.id)
    assert created["key"] not in table.out
    assert row["id"] in table.out


def test_rotating_keeps_the_id_and_revoking_ends_it(cli: CommandLine, bot: Bot) -> None:
    created = cli.json("key", "create", "--bot", bot.id)
    rotated = cli.json("key", "rotate", created["id"])
    assert rotated["id"] == created["id"]
    assert rotated["key"] != created["key"]
    assert cli.json("key", "revoke", created["id"])["status"] == "revoked"
    assert "revoked" in cli.refused("key", "rotate", created["id"])


def test_an_allowlist_is_replaced_or_lifted_but_never_by_accident(cli: CommandLine, bot: Bot) -> None:
    key_id = cli.json("key", "create", "--bot", bot.id)["id"]
    assert cli.json("key", "allow", key_id, "203.0.113.7", "198.51.100.0/24")["allowlist"] != []
    cli.refused("key", "allow", key_id, code=2)
    assert cli.json("key", "allow", key_id, "--anywhere")["allowlist"] == []
    assert "nonsense" in cli.refused("key", "allow", key_id, "nonsense")


def test_a_secret_given_for_an_id_is_not_repeated(cli: CommandLine) -> None:
    secret = "cm_live_" + "A" * 32
    for verb in ("rotate", "revoke"):
        line = cli.refused("key", verb, secret)
        assert secret not in line
        assert "key_…" in line


def test_a_question_is_answered_with_its_sources(cli: CommandLine, key: str) -> None:
    answer = cli.json("chat", "--key", key, QUESTION)
    assert "30 days" in answer["message"]
    assert answer["sources"] == [{"url": "file:returns.md", "title": "Returns"}]
    assert answer["usage"] == {"credits_used": 1, "credits_remaining": 1499}
    shown = cli("chat", "--key", key, QUESTION)
    assert answer["message"] in shown.out
    assert "1. Returns  file:returns.md" in shown.out
    assert "1 credit used, 1,498 left" in shown.err


def test_a_key_can_be_kept_off_the_command_line(cli: CommandLine, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    assert "30 days" in cli.json("chat", "--key", "-", QUESTION)["message"]


def test_a_streamed_answer_is_the_same(cli: CommandLine, key: str) -> None:
    answer = cli.json("chat", "--key", key, QUESTION)
    streamed = cli.json("chat", "--key", key, "--stream", QUESTION)
    assert streamed == {"message": answer["message"], "sources": answer["sources"]}
    shown = cli("chat", "--key", key, "--stream", QUESTION)
    assert shown.out.startswith(answer["message"] + "\n")
    assert "1. Returns  file:returns.md" in shown.out
    without = cli.json("chat", "--key", key, "--stream", "--no-sources", QUESTION)
    assert without == {"message": answer["message"]}


def test_a_refusal_is_told_with_its_status(cli: CommandLine, key: str) -> None:
    assert cli.refused("chat", "--key", "cm_live_wrong", QUESTION).startswith("401: ")
    assert cli.refused("chat", "--key", key, " ") == "400: Message must be between 1 and 2000 characters"
    assert cli.refused("chat", "--key", key, "--stream", " ").startswith("400: ")


def test_the_development_certificate_is_accepted_only_when_told_to(cli: CommandLine, key: str) -> None:

    endpoints = json.loads(Path(os.environ["CHATMOUNT_HOME"], "endpoints.json").read_text())
    assert "--insecure" in cli.refused("chat", "--key", key, "--url", endpoints["https"], QUESTION)
    assert cli.json("chat", "--key", key, "--url", endpoints["https"] + "/v1/chat", "--insecure", QUESTION)["message"]


def test_nothing_at_the_url_is_told_in_one_line(cli: CommandLine) -> None:
    assert "Nothing answers at http://127.0.0.1:1/v1/chat" in cli.refused(
        "chat", "--key", "k", "--url", "http://127.0.0.1:1", "x"
    )
    assert "Not a URL" in cli.refused("chat", "--key", "k", "--url", "nonsense", "x")


def test_a_conversation_can_be_looked_at_and_deleted(cli: CommandLine, bot: Bot, key: str) -> None:
    cli.json("chat", "--key", key, "--session", "visitor 42", QUESTION)
    cli.json("chat", "--key", key, "--session", "visitor 42", "And to islands?")
    sessions = cli.json("session", "list", "--bot", bot.id)["sessions"]
    assert [(one["id"], one["turns"]) for one in sessions] == [("visitor 42", 2)]
    shown = cli.json("session", "show", "--bot", bot.id, "visitor 42")
    assert [turn["question"] for turn in shown["turns"]] == [QUESTION, "And to islands?"]
    assert shown["turns"][0]["source_urls"] == ["file:returns.md"]
    assert QUESTION in cli("session", "show", "--bot", bot.id, "visitor 42").out
    cli.json("session", "delete", "--bot", bot.id, "visitor 42")
    assert "chatmount session list" in cli.refused("session", "show", "--bot", bot.id, "visitor 42")


def test_usage_and_ledger_tell_what_was_charged(cli: CommandLine, bot: Bot, key: str) -> None:
    cli.json("chat", "--key", key, QUESTION)
    usage = cli.json("usage", "--account", bot.account_id)
    assert (usage["credits_used"], usage["credits_remaining"], usage["credits_per_month"]) == (1, 1499, 1500)
    (row,) = usage["chatbots"]
    assert (row["chatbot_id"], row["name"], row["credits_used"], row["requests_today"]) == (bot.id, "Help desk", 1, 1)
    (entry,) = cli.json("ledger", "list", "--account", bot.account_id)["entries"]
    assert (entry["state"], entry["amount"], entry["channel"]) == ("settled", 1, "api")
    assert "Help desk" in cli("usage", "--account", bot.account_id).out
    assert "settled" in cli("ledger", "list", "--account", bot.account_id).out


def test_unlimited_credits_are_null_for_programs_and_a_word_for_people(cli: CommandLine, bot: Bot) -> None:
    cli.json("account", "set-plan", bot.account_id, "enterprise")
    usage = cli.json("usage", "--account", bot.account_id)
    assert usage["credits_remaining"] is None
    assert "unlimited" in cli("usage", "--account", bot.account_id).out
