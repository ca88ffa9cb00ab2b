"""Conversations and unanswered questions, found and exported from the command line."""

import csv
import json
from pathlib import Path

import httpx

from tests.cli.conftest import Bot, CommandLine
from tests.contract.stack import Stack
from tests.waiting import PATIENCE

SITE = "https://shop.example"


def test_conversations_are_found_and_exported_and_unanswered_questions_decided_on(
    cli: CommandLine, bot: Bot, tmp_path: Path
) -> None:
    key = cli.json("key", "create", "--bot", bot.id)["key"]
    for session, question in (("a", "=1+1"), ("b", "How much?"), ("b", "how MUCH")):
        cli.json("chat", "--key", key, "--session", session, question)

    def listed(*options: str) -> list[str]:
        return [session["id"] for session in cli.json("session", "list", "--bot", bot.id, *options)["sessions"]]

    assert listed() == ["b", "a"]
    assert listed("--text", "MUCH?", "--channel", "api", "--since", "2020-01-01", "--until", "2999-01-01") == ["b"]
    assert listed("--channel", "playground") == listed("--until", "2020-01-01") == listed("--rated", "down") == []
    assert "No session is like that." in cli("session", "list", "--bot", bot.id, "--channel", "widget").out
    assert "How much?" in cli("session", "list", "--bot", bot.id).out
    assert "at most 200 characters" in cli.refused("session", "list", "--bot", bot.id, "--text", "x" * 201)
    for option, text in (("--channel", "email"), ("--rated", "sideways")):
        assert text in cli.refused("session", "list", "--bot", bot.id, option, text, code=2)

    again = cli.json("replay", "--bot", bot.id, "--last", "2")
    assert [one["then"]["question"] for one in again["replays"]] == ["how MUCH", "How much?"]
    assert (again["asked"], again["same"], again["failed"]) == (2, 2, 0)
    assert cli.json("replay", again["replays"][0]["request_id"])["changed"] is False
    assert "3 asked again: 3 same, 0 changed, 0 failed." in cli("replay", "--bot", bot.id, "--last", "9").out
    assert "REQUEST_ID, or --bot and --last" in cli.refused("replay", "--bot", bot.id, code=2)
    assert "Nothing is known of 'made-up'" in cli.refused("replay", "made-up")

    lines = cli("session", "export", "--bot", bot.id, "--text", "MUCH?", "-").out.splitlines()
    assert [json.loads(line)["question"] for line in lines] == ["How much?", "how MUCH"]
    table = tmp_path / "turns.csv"
    assert cli.json("session", "export", "--bot", bot.id, "--csv", table)["turns"] == 3
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert [(row["session_id"], row["question"]) for row in rows] == [
        ("a", "'=1+1"),
        ("b", "How much?"),
        ("b", "how MUCH"),
    ]

    much, other = cli.json("unanswered", "list", "--bot", bot.id)["questions"]
    assert (much["question"], much["other_wordings"], much["times"]) == ("how MUCH", ["How much?"], 2)
    decided = cli.json("unanswered", "resolve", "--bot", bot.id, much["id"], "--state", "not-ours")
    assert decided["state"] == "not ours"
    assert decided["decided_by"]
    assert cli.json("unanswered", "list", "--bot", bot.id)["questions"] == [other]
    assert "how MUCH" in cli("unanswered", "list", "--bot", bot.id, "--state", "not-ours").out
    unknown = cli.refused("unanswered", "resolve", "--bot", bot.id, "unq_x", "--state", "answered")
    assert "chatmount unanswered list" in unknown


def test_conversations_are_found_by_the_ratings_of_visitors(installation: Stack, cli: CommandLine, bot: Bot) -> None:
    rate(installation, bot, cli, "up", "Well said")
    (rated,) = cli.json("session", "list", "--bot", bot.id, "--rated", "up")["sessions"]
    assert cli.json("session", "list", "--bot", bot.id, "--rated", "down")["sessions"] == []
    assert "rated up: Well said" in cli("session", "show", "--bot", bot.id, rated["id"]).out
    (turn,) = cli.json("session", "show", "--bot", bot.id, rated["id"])["turns"]
    (line,) = map(json.loads, cli("session", "export", "--bot", bot.id, "--rated", "up", "-").out.splitlines())
    for each in (turn, line):
        assert (each["rating"], each["rating_comment"]) == ("up", "Well said")


def rate(installation: Stack, bot: Bot, cli: CommandLine, rating: str, comment: str) -> None:
    """A visitor of a website asks, and says what they think of the answer."""
    widget = cli.json("widget", "origin", "add", bot.id, SITE)["id"]
    with httpx.Client(base_url=installation.base_url, timeout=PATIENCE) as browser:
        ticket = browser.post(f"/widget/v1/ticket/{widget}", headers={"origin": SITE}, json={}).json()["ticket"]
        browser.headers["authorization"] = f"Bearer {ticket}"
        asked = browser.post("/widget/v1/chat", json={"message": "Who is there?"}).raise_for_status()
        rated = {"rating": rating, "comment": comment}
        browser.post(f"/widget/v1/turns/{asked.headers['x-request-id']}/rating", json=rated).raise_for_status()
