"""`endpoints.json`: what `up` writes is read; a damaged file is refused in one line."""

import json
from pathlib import Path

import pytest

from services.cli.calls.endpoints import Endpoints, read_endpoints, write_endpoints
from tests.cli.command_line import CommandLine
from tests.each import for_each


def test_endpoints_survive_being_written(tmp_path: Path) -> None:
    assert read_endpoints(tmp_path) is None
    endpoints = Endpoints(
        "127.0.0.1:1",
        "[::1]:2",
        "r.internal:3",
        "",
        web="127.0.0.1:4",
        http="http://127.0.0.1:8080",
        dashboard="https://chat.example.com/dashboard/",
        pid=7,
        replicas={"auth": ["127.0.0.1:1", "127.0.0.1:5"]},
    )
    write_endpoints(tmp_path, endpoints)
    assert read_endpoints(tmp_path) == endpoints
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"added_later": [1]}))
    assert read_endpoints(tmp_path) == endpoints


GOOD = {"auth": "127.0.0.1:1", "quota": "127.0.0.1:1", "retrieval": "127.0.0.1:1", "chat": "127.0.0.1:1"}


@for_each(
    ("content", "why"),
    [
        ('{"half":', "it is not JSON"),
        ("", "it is not JSON"),
        ("\xff", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it holds no object"),
        ("null", "it holds no object"),
        ("{}", "auth is missing"),
        (json.dumps({"auth": "127.0.0.1:1"}), "quota is missing"),
        (json.dumps(GOOD | {"chat": 5}), "chat can't be 5"),
        (json.dumps(GOOD | {"chat": ["127.0.0.1:1"]}), 'chat can\'t be ["127.0.0.1:1"]'),
        (json.dumps(GOOD | {"chat": "nowhere"}), 'chat can\'t be "nowhere"'),
        (json.dumps(GOOD | {"web": "nowhere"}), 'web can\'t be "nowhere"'),
        (json.dumps(GOOD | {"pid": "7"}), 'pid can\'t be "7"'),
        (json.dumps(GOOD | {"pid": True}), "pid can't be true"),
        (json.dumps(GOOD | {"pid": -1}), "pid can't be -1"),
        (json.dumps(GOOD | {"pid": 10**30}), f"pid can't be {10**30}"),
        (json.dumps(GOOD | {"http": 8080}), "http can't be 8080"),
        (json.dumps(GOOD | {"http": "http://h:port"}), 'http can\'t be "http://h:port"'),
        (json.dumps(GOOD | {"replicas": []}), "replicas can't be []"),
        (json.dumps(GOOD | {"replicas": {"auth": "127.0.0.1:1"}}), 'replicas can\'t be {"auth": "127.0.0.1:1"}'),
        (json.dumps(GOOD | {"metrics": {"auth": [1]}}), 'metrics can\'t be {"auth": [1]}'),
        (json.dumps(GOOD | {"internal_tls": "on"}), 'internal_tls can\'t be "on"'),
    ],
)
def test_endpoints_that_can_not_be_understood_are_told_in_one_line(
    lonely: CommandLine, tmp_path: Path, content: str, why: str
) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "endpoints.json").write_text(content, "latin-1")
    for command in (("status",), ("account", "list"), ("chat", "--key", "k", "x"), ("token",)):
        assert lonely.refused(*command) == (
            f"{home / 'endpoints.json'} is damaged ({why}): stop Chatmount and start it again with `chatmount up`, "
            "which writes the file."
        )


def test_damaged_endpoints_do_not_matter_where_the_environment_says_where_all_is(
    lonely: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "endpoints.json").write_text("[]")
    for service in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT"):
        monkeypatch.setenv(f"CHATMOUNT_{service}_ADDRESS", "127.0.0.1:1")
    assert lonely.refused("status") == "Not serving: auth, quota, retrieval, chat."
