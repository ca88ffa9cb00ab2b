"""The launcher as a whole: what it starts, what it says, what it leaves behind."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from services.edge.config import CONNECTIONS
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from tests.contract.stack import Stack, eventually

pytestmark = pytest.mark.stack

CHATMOUNT = Path(sys.executable).with_name("chatmount")


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    stack = Stack(tmp_path / "home")
    yield stack
    stack.abandon()


def pid_of(stack: Stack) -> int:
    return int(stack.endpoints["pid"])


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


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


def test_nothing_survives_a_launcher_that_is_killed(stack: Stack) -> None:
    stack.start("--no-demo")
    family = stack.pids()
    assert len(family) >= 6
    os.kill(pid_of(stack), signal.SIGKILL)
    assert stack._process is not None
    stack._process.wait(10)
    eventually(lambda: gone(family))
    # What it left behind does not keep the next one from starting.
    stack.start("--no-demo")
    stack.stop()


def test_a_stop_is_orderly_and_forgets_the_addresses(stack: Stack) -> None:
    stack.start("--no-demo")
    address = urlsplit(stack.base_url)
    with ExitStack() as held:
        for _ in range(CONNECTIONS // 100):
            held.enter_context(closing(socket.create_connection((address.hostname, address.port))))
        eventually(lambda: (stack.home / "envoy" / PRESSURE_NAME).read_text() == "0.01")
    assert stack.stop() < 20
    assert not (stack.home / "endpoints.json").exists()
    order = re.findall(r"(\w+) is stopping", stack.log)
    assert order[0] == "envoy"
    assert order[1] == "chat"
    assert set(order) == {"envoy", "chat", "auth", "quota", "retrieval"}
    assert "Traceback" not in stack.log
    assert "WARNING" not in stack.log
    assert "stopped" in stack.log.splitlines()[-1]


def test_a_stop_during_the_start_leaves_nothing_behind(stack: Stack) -> None:
    with (stack.home.parent / "log").open("wb") as log:
        process = subprocess.Popen(
            [CHATMOUNT, "up"], env=stack._environment, stdout=log, stderr=log, start_new_session=True
        )
    eventually(lambda: len(psutil.Process(process.pid).children()) == 4)
    family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert gone(family)


def test_a_process_that_dies_comes_back_on_its_port(stack: Stack) -> None:
    stack.start("--no-demo")
    before = dict(stack.endpoints)
    for service in ("auth", "quota", "retrieval", "chat"):
        stack.kill(service)
        line = f"{service} was killed by SIGKILL; starting it again in 0.1 s"
        eventually(lambda line=line: line in stack.log)  # type: ignore[misc]
    eventually(lambda: stack.command("status", check=False).returncode == 0, 30)
    assert json.loads((stack.home / "endpoints.json").read_text()) == before
    envoy = next(child for child in psutil.Process(pid_of(stack)).children() if child.name().startswith("envoy"))
    envoy.kill()
    eventually(lambda: stack.log.count("envoy was killed by SIGKILL") == 1)
    eventually(lambda: stack.command("status", check=False).returncode == 0, 30)
    assert stack._answers()
    stack.stop()


def test_a_home_and_a_port_are_refused_in_one_line_when_they_are_taken(stack: Stack, tmp_path: Path) -> None:
    stack.start("--no-demo")
    second = stack.command("up", check=False)
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert f"Chatmount runs already for CHATMOUNT_HOME={stack.home} (process {pid_of(stack)}, http://" in line
    port = stack.base_url.rpartition(":")[2]
    other = Stack(tmp_path / "other", {"CHATMOUNT_HTTP_PORT": port}).command("up", check=False)
    assert other.returncode == 2
    (line,) = other.stderr.splitlines()
    assert f"Port {port} is in use; set CHATMOUNT_HTTP_PORT" in line
    stack.stop()


def test_no_secret_is_on_a_command_line(stack: Stack) -> None:
    stack.start("--no-demo")
    secret = (stack.home / "secrets" / "signing.key").read_text().strip()
    for pid in stack.pids():
        process = psutil.Process(pid)
        assert secret not in " ".join(process.cmdline())
        # What only root may look into is closed to others.
        with contextlib.suppress(psutil.AccessDenied):
            assert secret not in " ".join(process.environ().values())
        assert "eyJ" not in " ".join(process.cmdline())
    assert (stack.home / "secrets" / "signing.key").stat().st_mode & 0o777 == 0o600
    stack.stop()


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


def test_a_stop_takes_no_longer_than_ten_seconds_even_when_nothing_answers(stack: Stack) -> None:
    stack.start("--no-demo")
    for service in ("auth", "quota", "retrieval", "chat"):
        stack.process_of(service).suspend()
    assert stack.stop() < 20
    assert "chat does not stop; killing it" in stack.log


def test_a_second_ctrl_c_stops_at_once(stack: Stack) -> None:
    stack.start("--no-demo")
    stack.process_of("chat").suspend()
    family = stack.pids()
    os.kill(pid_of(stack), signal.SIGINT)
    eventually(lambda: "envoy is stopping" in stack.log)
    began = time.monotonic()
    os.kill(pid_of(stack), signal.SIGINT)
    assert stack._process is not None
    assert stack._process.wait(10) == 0
    assert time.monotonic() - began < 6
    assert gone(family)
    assert "stopping at once" in stack.log
