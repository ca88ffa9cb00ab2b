"""What people get wrong, and what they are told."""

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from services.cli import failures
from services.cli.calls.endpoints import Endpoints, write_endpoints
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from services.trust.transport import NAME
from tests.cli.command_line import CommandLine
from tests.each import for_each

NOBODY = 2**22 + 1  # above any process id


@for_each(
    ("arguments", "hint"),
    [
        (("acount", "list"), "Did you mean 'account'?"),
        (("account", "lst"), "Did you mean 'list'?"),
        (("key", "create", "--bott", "x"), "--bot"),
        (("key", "create"), "Missing option '--bot'."),
        (("account", "create"), "Missing argument 'NAME'."),
        (("ledger", "list", "--account", "a", "--limit", "none"), "'none' is not a valid integer"),
        (("key", "create", "--bot", "b", "--expires", "soon"), "'soon' is neither a day"),
        (("key", "create", "--bot", "b", "--expires", "2020-01-01"), "'2020-01-01' is past; give a date in the future"),
        (("source", "add", "--bot", "b", "x", "--base-url", "ftp://x"), "it must begin with https://"),
    ],
)
def test_wrong_usage_is_told_in_one_line_with_a_hint(
    lonely: CommandLine, arguments: tuple[str, ...], hint: str
) -> None:
    line = lonely.refused(*arguments, code=2)
    assert hint in line
    assert "--help)" in line


def test_without_a_command_the_help_is_shown(lonely: CommandLine) -> None:
    outcome = lonely()
    assert outcome.code == 0
    assert "Begin with `chatmount up`" in outcome.out
    assert lonely("account").code == 2


@for_each("arguments", [("account", "list"), ("status",), ("chat", "--key", "k", "x"), ("token", "--bot", "b")])
def test_nothing_running_is_told_with_what_to_do(
    lonely: CommandLine, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    line = lonely.refused(*arguments)
    assert line.startswith(
        f"No Chatmount is running for CHATMOUNT_HOME={tmp_path / 'home'}; start it with `chatmount up`"
    )


def test_a_stack_that_was_killed_counts_as_not_running(lonely: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    write_endpoints(tmp_path / "home", Endpoints("127.0.0.1:1", "", "", "", pid=NOBODY))
    assert lonely.refused("account", "list").startswith("No Chatmount is running")


def test_a_service_that_does_not_answer_is_told_with_what_to_do(lonely: CommandLine, tmp_path: Path) -> None:
    ensure_secret(tmp_path / "home" / "secrets" / "signing.key")
    dead = "127.0.0.1:1"
    write_endpoints(tmp_path / "home", Endpoints(dead, dead, dead, dead))
    assert "`chatmount status` shows which" in lonely.refused("account", "list")
    outcome = lonely("status", "--json")
    assert outcome.code == 1
    assert {part["status"] for part in json.loads(outcome.out)["parts"]} == {"not serving"}
    assert "Not serving: auth, quota, retrieval, chat." in outcome.err


def test_a_missing_secret_is_told_in_one_line(lonely: CommandLine, tmp_path: Path) -> None:
    assert "CHATMOUNT_SECRET_FILE=" in lonely.refused("token", code=2)


def test_the_hint_of_a_token_says_how_grpcurl_gets_in(lonely: CommandLine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ensure_secret(home / "secrets" / "signing.key")
    assert "grpcurl -plaintext -H" in lonely("token").err
    # Known from the stack that runs, as for every command.
    write_endpoints(home, Endpoints("", "", "", "", internal_tls=True))
    files = ensure_internal_certificates(home)
    words = shlex.split(lonely("token").err.partition("Use it as: ")[2])
    assert "-plaintext" not in words
    options = dict(zip(words[1::2], words[2::2], strict=False))
    assert [options[name] for name in ("-cacert", "-cert", "-key")] == [
        str(files.ca),
        str(files.certificate),
        str(files.key),
    ]
    assert options["-authority"] == NAME


def test_an_admin_token_needs_no_secret(lonely: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATMOUNT_ADMIN_TOKEN", "given")
    assert lonely.json("token")["token"] == "given"


def test_a_token_says_who_asked_for_it(lonely: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "signing.key"
    monkeypatch.setenv("CHATMOUNT_SECRET_FILE", str(file))
    signer = TokenSigner(ensure_secret(file))
    assert signer.verify(lonely.json("token")["token"], "quota").subject.endswith(f"@{socket.gethostname()}")
    monkeypatch.setenv("CHATMOUNT_OPERATOR", "Ada")
    assert signer.verify(lonely.json("token")["token"], "quota") == Principal(Role.ROLE_OPERATOR, subject="Ada")


def test_a_wrong_setting_is_told_in_one_line(lonely: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATMOUNT_HTTP_PORT", "eighty")
    for command in (("up",), ("account", "list"), ("migrate",)):
        assert "CHATMOUNT_HTTP_PORT must be a whole number" in lonely.refused(*command, code=2)


def test_an_error_of_ours_is_one_line_too(lonely: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("services.cli.commands.operations.load_settings", broken)
    assert lonely.refused("status").startswith("Unexpected error: RuntimeError: first second")


def test_an_argument_that_is_no_text_is_told_apart_from_a_text_that_cannot_be_written(
    lonely: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lonely.refused("account", "list", os.fsdecode(b"\xff"), code=2) == "An argument is not valid UTF-8."

    def broken(*_: object) -> None:
        "\udc00".encode()

    monkeypatch.setattr("services.cli.commands.operations.load_settings", broken)
    assert lonely.refused("status").startswith("Unexpected error: UnicodeEncodeError")


@for_each("level", ["DEBUG", "INFO"])
def test_debugging_shows_where_a_file_could_not_be_used(level: str) -> None:
    program = """
import sys
from services.cli.__main__ import main
from services.cli.commands import operations
operations.load_settings = lambda: open("/none/file")
sys.argv[1:] = ["status"]
main()
"""
    environment = os.environ | {"CHATMOUNT_LOG_LEVEL": level}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "chatmount: /none/file: No such file or directory."
    assert ("Traceback" in done.stderr) is (level == "DEBUG")


@for_each("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_command_says_so(error: BaseException) -> None:
    assert failures.describe(error) == ("Interrupted.", 130)
