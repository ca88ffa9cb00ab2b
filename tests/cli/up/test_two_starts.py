"""A home that is started twice: what is said, what is kept, and how it ends."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import pytest

from services.cli.processes import PROCESSES
from services.edge.config import CONNECTIONS
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from tests.cli.up.processes import gone, pid_of
from tests.contract.stack import Stack, eventually
from tests.waiting import PATIENCE

pytestmark = pytest.mark.stack

QUESTION = "How do I rotate a key?"


def test_the_banner_works_when_pasted_a_kill_leaves_nothing_and_the_next_start_knows_the_demo(stack: Stack) -> None:
    stack.start()
    eventually(lambda: "the data stays" in stack.log)
    key = paste_the_banner(stack)
    before = ask(stack, key)
    eventually(lambda: questions(stack) == [QUESTION], what="the turn is written down")
    family = stack.pids()
    assert len(family) >= 5
    link = become_the_first_owner(stack)
    os.kill(pid_of(stack), signal.SIGKILL)
    assert stack._process is not None
    stack._process.wait(PATIENCE)
    eventually(lambda: gone(family))

    # What it left behind does not keep the next one from starting, and stopping in order.
    stack.start()
    eventually(lambda: stack.log.count("the data stays") == 2)
    assert "the keys that you have still work" in stack.log
    assert stack.log.count("/dashboard/link?") == 1, "there is an owner"
    assert httpx.get(f"{stack.base_url}/dashboard/link?{link.query}").status_code == 404
    after = ask(stack, key)
    assert (after["message"], after["sources"]) == (before["message"], before["sources"])
    assert after["usage"]["credits_remaining"] == before["usage"]["credits_remaining"] - 1
    eventually(lambda: questions(stack) == [QUESTION] * 2, what="the turn is written down")
    stop_in_order(stack)


def ask(stack: Stack, key: str) -> dict[str, Any]:
    body, headers = {"message": QUESTION, "session_id": "kept"}, {"authorization": f"Bearer {key}"}
    reply: dict[str, Any] = httpx.post(f"{stack.base_url}/v1/chat", json=body, headers=headers).json()
    return reply


def questions(stack: Stack) -> list[str]:
    """What the session was asked, as the command line tells."""
    demo = json.loads((stack.home / "demo.json").read_text())
    return [turn["question"] for turn in stack.json("session", "show", "kept", "--bot", demo["chatbot_id"])["turns"]]


def paste_the_banner(stack: Stack) -> str:
    """The key in it."""
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
    return key


def become_the_first_owner(stack: Stack) -> SplitResult:
    """Open the link in the banner, and send what it asks for; the link."""
    (url,) = re.findall(r"http://localhost:\d+/dashboard/link\?secret=\S+", stack.log)
    link = urlsplit(url)
    assert httpx.get(url).status_code == 200
    form = {"name": "Ada", "email": "ada@example.com", "password": "a long password"}
    entered = httpx.post(
        url.partition("?")[0],
        data={"secret": link.query.removeprefix("secret="), **form},
        headers={"origin": f"http://{link.netloc}", "cookie": "__Host-chatmount-probe=1"},
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "/dashboard/")
    cookie = entered.headers["set-cookie"].partition(";")[0]
    demo = json.loads((stack.home / "demo.json").read_text())
    page = httpx.get(f"{stack.base_url}/dashboard/{demo['account_id']}/", headers={"cookie": cookie})
    assert (page.status_code, "Chatmount docs" in page.text) == (200, True)
    # The secret of the link is in the banner alone.
    assert stack.log.count(link.query) == 1
    return link


def stop_in_order(stack: Stack) -> None:
    address = urlsplit(stack.base_url)
    with ExitStack() as held:
        for _ in range(CONNECTIONS // 100):
            held.enter_context(closing(socket.create_connection((address.hostname, address.port))))
        eventually(lambda: (stack.home / "envoy" / PRESSURE_NAME).read_text() == "0.01")
    stack.stop()
    assert not (stack.home / "endpoints.json").exists()
    log = stack.log.rpartition("everything is kept in")[2]
    order = re.findall(r"(\w+) is stopping", log)
    assert order[:3] == ["envoy", "web", "chat"]
    assert set(order) == {"envoy", *PROCESSES}
    assert "Traceback" not in log
    assert "does not stop" not in log
    assert "WARNING" not in log
    assert "stopped" in log.splitlines()[-1]
