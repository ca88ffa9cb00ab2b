"""Giving credits, listing the ledger and verifying it, against a running stack."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from chatmount.quota.v1 import quota_pb2

from services.cli.commands.ledger import beyond_plan
from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.contract.stack import Stack
from tests.each import for_each


def test_credits_are_given_and_told_with_who_and_what_for(cli: CommandLine, bot: Bot) -> None:
    given = cli.json("credits", "give", "500", "--account", bot.account_id, "--note", "sorry for the outage")
    assert (given["amount"], given["state"], given["credits_remaining"]) == (500, "granted", 2000)
    usage = cli.json("usage", "--account", bot.account_id)
    assert (usage["credits_granted"], usage["credits_remaining"]) == (500, 2000)
    (entry,) = cli.json("ledger", "list", "--account", bot.account_id, "--state", "granted")["entries"]
    assert entry["note"] == "sorry for the outage"
    assert entry["granted_by"]
    assert "2001 are left" in cli("credits", "give", "1", "--account", bot.account_id).out


def test_on_an_unlimited_plan_they_are_recorded_and_it_is_said(cli: CommandLine, bot: Bot) -> None:
    cli.json("account", "set-plan", bot.account_id, "enterprise")
    assert "unlimited" in cli("credits", "give", "5", "--account", bot.account_id).out


def test_what_can_not_be_given_is_refused_in_one_line(cli: CommandLine, bot: Bot) -> None:
    assert "1000000" in cli.refused("credits", "give", "1000001", "--account", bot.account_id)
    assert "chatmount account list" in cli.refused("credits", "give", "5", "--account", "acct_nobody")


def test_the_ledger_is_narrowed_by_what_is_asked_for(cli: CommandLine, bot: Bot) -> None:
    cli.json("credits", "give", "5", "--account", bot.account_id)

    def listed(*options: str) -> int:
        return len(cli.json("ledger", "list", "--account", bot.account_id, *options)["entries"])

    assert listed() == listed("--state", "granted", "--state", "settled") == listed("--since", "2026-01-01") == 1
    assert listed("--state", "settled") == listed("--bot", bot.id) == listed("--request", "r") == 0
    assert listed("--until", "2026-01-01T00:00:00") == 0
    # Times are written as for the audit log, and as the ledger itself shows them.
    (entry,) = cli.json("ledger", "list", "--account", bot.account_id)["entries"]
    for since in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+02:00", "1960-01-01", entry["created_at"]):
        assert (listed("--since", since), listed("--since", since, "--until", since)) == (1, 0), since
    assert listed("--until", "1970-01-01") == listed("--until", "1960-01-01") == 0


def test_credits_are_told_by_day_and_channel(cli: CommandLine, bot: Bot) -> None:
    key = cli.json("key", "create", "--bot", bot.id)["key"]
    before = datetime.now(UTC).date()
    cli.json("chat", "--key", key, "Quo vadis?")
    span = "--since", f"{before}", "--until", f"{before + timedelta(1)}"
    told = cli.json("usage", "--account", bot.account_id, "--daily", *span)
    (day,) = told["days"]
    assert told["account_id"] == bot.account_id
    assert (day["chatbot_id"], day["name"], day["channel"]) == (bot.id, "Help desk", "api")
    assert (day["credits_used"], day["credits_reserved"]) == (1, 0)
    assert day["day"] in (f"{before}", f"{before + timedelta(1)}")
    assert cli.json("usage", "--account", bot.account_id, "--daily", "--until", "2026-01-31")["days"] == []
    assert "No credits" in cli("usage", "--account", bot.account_id, "--daily", "--until", "2026-01-31").out

    def listed(channel: str) -> int:
        return len(cli.json("ledger", "list", "--account", bot.account_id, "--channel", channel)["entries"])

    assert [listed(channel) for channel in ("api", "playground")] == [1, 0]


def test_days_that_can_not_be_are_refused_in_one_line(cli: CommandLine, bot: Bot) -> None:
    of_account = ("usage", "--account", bot.account_id)
    assert "--daily" in cli.refused(*of_account, "--since", "2026-11-01", code=2)
    assert "since_day" in cli.refused(*of_account, "--daily", "--since", "2026-11-02", "--until", "2026-11-01")
    for day in ("20261101", "2026-11-31", "yesterday"):
        assert "2026-11-23" in cli.refused(*of_account, "--daily", "--since", day, code=2)


def test_verify_names_every_sum_that_was_changed_and_fails(cli: CommandLine, bot: Bot, installation: Stack) -> None:
    cli.json("credits", "give", "5", "--account", bot.account_id)
    assert cli.json("ledger", "verify")["drifts"] == []
    assert "All sums agree: 1 entries of 1 accounts." in cli("ledger", "verify", "--account", bot.account_id).out

    def set_granted(credits: int) -> None:
        with closing(sqlite3.connect(installation.home / "quota.db")) as database, database:
            database.execute("UPDATE account_months SET granted = ? WHERE account_id = ?", (credits, bot.account_id))

    set_granted(7)
    try:
        outcome = cli("ledger", "verify", "--account", bot.account_id)
        assert outcome.code == 1
        assert "granted" in outcome.out
        assert cli("ledger", "verify").code == 1
    finally:
        set_granted(5)
    assert cli("ledger", "verify").code == 0


def test_of_one_account_verify_says_how_much_more_is_used_than_its_plan_grants(cli: CommandLine, bot: Bot) -> None:
    assert cli.json("ledger", "verify", "--account", bot.account_id)["beyond_plan"] == 0
    assert cli.json("ledger", "verify")["beyond_plan"] is None


@for_each(
    ("usage", "beyond"),
    [
        ({"credits_used": 9, "credits_reserved": 2, "credits_per_month": 7, "credits_granted": 1}, 3),
        ({"credits_used": 8, "credits_per_month": 7, "credits_granted": 1}, 0),
        ({"credits_used": 1, "credits_per_month": 0}, 1),
        ({"credits_used": 9}, 0),
    ],
)
def test_what_is_beyond_a_plan_counts_what_is_held_and_what_was_given(usage: dict[str, int], beyond: int) -> None:
    assert beyond_plan(quota_pb2.GetUsageResponse(**usage)) == beyond
