"""The language of a chatbot, from the command line to the public endpoint."""

from pathlib import Path

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.contract.stack import eventually
from tests.retrieval.pages_in_languages import JAPANESE


def test_a_japanese_chatbot_answers_in_japanese(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    created = cli.json("bot", "create", "サポート", "--account", bot.account_id, "--language", "ja")
    assert (created["language"], created["next_language"]) == ("ja", None)
    for name, text in JAPANESE.pages.items():
        (tmp_path / f"{name}.md").write_text(text, "utf-8")
    cli.json("source", "add", "--bot", created["id"], tmp_path)
    key = cli.json("key", "create", "--bot", created["id"], "--name", "k")["key"]
    for question, (page, answer) in JAPANESE.questions.items():
        reply = cli.json("chat", "--key", key, question)
        assert answer in reply["message"]
        assert [source["url"] for source in reply["sources"]] == [f"file:{page}.md"]
    assert cli.json("chat", "--key", key, JAPANESE.off_topic)["sources"] == []


def test_a_language_is_changed_and_shown(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Häuser\n\nHäuser haben Türen.", "utf-8")
    cli.json("source", "add", "--bot", bot.id, tmp_path)
    assert cli.json("bot", "show", bot.id)["language"] == "en"
    assert cli.json("bot", "set", bot.id, "--language", "de")["id"] == bot.id
    eventually(lambda: cli.json("bot", "show", bot.id)["language"] == "de")
    assert cli.json("bot", "show", bot.id)["next_language"] is None
    assert cli.json("search", "--bot", bot.id, "Haus")["passages"][0]["url"] == "file:page.md"
    assert cli.json("index", "verify", "--bot", bot.id)
