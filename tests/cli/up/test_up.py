"""The launcher as a whole: what it starts, and what it says."""

import contextlib
import json
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from tests.cli.up.processes import pid_of
from tests.contract.stack import Stack, eventually

pytestmark = pytest.mark.stack

CHATMOUNT = Path(sys.executable).with_name("chatmount")


def test_the_banner_of_the_first_start_holds_a_line_that_works_when_pasted(stack: Stack) -> None:
    stack.start()
    eventually(lambda: "the data stays" in stack.log)
    unary, streamed = re.findall(r"^curl .*$", stack.log, re.M)
    done = subprocess.run(["/bin/sh", "-c", f"{unary} --silent"], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert "rotate" in answer["message"].lower()
    assert answer["sources"][0]["url"].startswith("file:docs/")
    done = subprocess.run(["/bin/sh", "-c", f"{streamed} --silent"], capture_output=True, text=True, check=True)
    assert done.stdout.endswith('data: {"type":"done"}\n\n')
    assert [file for file in stack.home.rglob("*") if file.lstat().st_mode & 0o077 and not file.is_symlink()] == []
    # The key is in the banner alone.
    key = next(word for word in shlex.split(unary) if "cm_live_" in word).rpartition(" ")[2]
    for file in stack.home.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file
    assert stack.log.count(key) == 3
    stack.stop()

    stack.start()
    eventually(lambda: stack.log.count("the data stays") == 2)
    assert "the keys that you have still work" in stack.log
    reply = httpx.post(
        f"{stack.base_url}/v1/chat",
        json={"message": "How do I rotate a key?"},
        headers={"authorization": f"Bearer {key}"},
    )
    assert {name: reply.json()[name] for name in ("message", "sources")} == {
        name: answer[name] for name in ("message", "sources")
    }
    stack.stop()


def test_a_home_and_a_port_are_refused_in_one_line_when_they_are_taken(installation: Stack, tmp_path: Path) -> None:
    second = installation.command("up", check=False)
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    running = f"process {pid_of(installation)}, http://"
    assert f"Chatmount runs already for CHATMOUNT_HOME={installation.home} ({running}" in line
    port = installation.base_url.rpartition(":")[2]
    other = Stack(tmp_path / "other", {"CHATMOUNT_HTTP_PORT": port}).command("up", check=False)
    assert other.returncode == 2
    (line,) = other.stderr.splitlines()
    assert f"Port {port} is in use; set CHATMOUNT_HTTP_PORT" in line


def test_no_secret_is_on_a_command_line(installation: Stack) -> None:
    secret = (installation.home / "secrets" / "signing.key").read_text().strip()
    for pid in installation.pids():
        process = psutil.Process(pid)
        assert secret not in " ".join(process.cmdline())
        # What only root may look into is closed to others.
        with contextlib.suppress(psutil.AccessDenied):
            assert secret not in " ".join(process.environ().values())
        assert "eyJ" not in " ".join(process.cmdline())
    assert (installation.home / "secrets" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_a_process_that_dies_comes_back_on_its_port(installation: Stack) -> None:
    before = dict(installation.endpoints)
    for service in ("auth", "quota", "retrieval", "chat"):
        installation.kill(service)
        line = f"{service} was killed by SIGKILL; starting it again in 0.1 s"
        eventually(lambda line=line: line in installation.log)  # type: ignore[misc]
    eventually(lambda: installation.command("status", check=False).returncode == 0, 30)
    assert json.loads((installation.home / "endpoints.json").read_text()) == before
    launcher = psutil.Process(pid_of(installation))
    next(child for child in launcher.children() if child.name().startswith("envoy")).kill()
    eventually(lambda: "envoy was killed by SIGKILL" in installation.log)
    eventually(lambda: installation.command("status", check=False).returncode == 0, 30)
    assert installation._answers()


def test_a_service_that_cannot_start_ends_the_launcher_with_its_words(stack: Stack) -> None:
    stack.home.mkdir()
    with closing(sqlite3.connect(stack.home / "auth.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    failed = stack.command("up", "--no-demo", check=False)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith(
        "chatmount: auth could not start: The database of the auth service is at revision 9999, and "
    )
    assert failed.stdout == ""


def test_programs_are_told_where_it_is_in_json(stack: Stack) -> None:
    process = subprocess.Popen(
        [CHATMOUNT, "up", "--no-demo", "--json"],
        env=stack._environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    value = json.loads(process.stdout.readline())
    assert value["url"].endswith("/v1/chat")
    assert (value["key"], value["chatbot_id"]) == (None, None)
    process.send_signal(signal.SIGTERM)
    with process.stdout as stdout:
        assert stdout.read() == b""
    assert process.wait(20) == 0
