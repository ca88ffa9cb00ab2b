"""`chatmount index verify`, against a running stack."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.contract.stack import Stack


def test_verify_names_what_is_wrong_and_fails_until_it_is_repaired(
    cli: CommandLine, bot: Bot, installation: Stack, tmp_path: Path
) -> None:
    page = tmp_path / "parking.md"
    page.write_text("# Cars\n\nParking costs two euros.\n\n# Bicycles\n\nBicycles are free.\n")
    (source,) = cli.json("source", "add", "--bot", bot.id, page)["sources"]
    right = cli.json("index", "verify", "--bot", bot.id)
    assert (right["chatbots"], right["stored"], right["indexed"], right["faults"]) == (1, 2, 2, [])
    assert "The index is right: 2 passages and questions of 1 chatbot." in cli("index", "verify", "--bot", bot.id).out

    with closing(sqlite3.connect(installation.home / "retrieval.db")) as database, database:
        removed = "DELETE FROM passages WHERE chatbot_id = ? AND text LIKE '%Bicycles%'"
        assert database.execute(removed, (bot.id,)).rowcount == 1
    outcome = cli("index", "verify")
    assert outcome.code == 1
    assert "orphan" in outcome.out
    assert "--repair" in outcome.err
    failed = cli("index", "verify", "--bot", bot.id, "--json")
    assert failed.code == 1
    assert '"what": "orphan"' in failed.out

    repaired = cli.json("index", "verify", "--repair")
    assert (repaired["repaired"], repaired["faults"]) == (1, [])
    assert cli("index", "verify").code == 0
    cli.json("source", "remove", "--bot", bot.id, source["id"])
    assert cli.json("index", "verify", "--bot", bot.id)["indexed"] == 0


def test_a_chatbot_that_is_not_there_is_named(cli: CommandLine) -> None:
    assert "chatmount bot list" in cli.refused("index", "verify", "--bot", "bot_nobody")
