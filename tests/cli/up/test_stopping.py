"""How a launcher and its processes end: in order, in time, with nothing left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from services.edge.config import CONNECTIONS
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from tests.cli.up.processes import gone, pid_of
from tests.contract.stack import Stack, eventually

pytestmark = pytest.mark.stack

CHATMOUNT = Path(sys.executable).with_name("chatmount")


def test_nothing_survives_a_launcher_that_is_killed_and_the_next_one_stops_in_order(stack: Stack) -> None:
    stack.start("--no-demo")
    family = stack.pids()
    assert len(family) >= 6
    os.kill(pid_of(stack), signal.SIGKILL)
    assert stack._process is not None
    stack._process.wait(10)
    eventually(lambda: gone(family))
    # What it left behind does not keep the next one from starting, and stopping in order.
    stack.start("--no-demo")
    address = urlsplit(stack.base_url)
    with ExitStack() as held:
        for _ in range(CONNECTIONS // 100):
            held.enter_context(closing(socket.create_connection((address.hostname, address.port))))
        eventually(lambda: (stack.home / "envoy" / PRESSURE_NAME).read_text() == "0.01")
    assert stack.stop() < 20
    assert not (stack.home / "endpoints.json").exists()
    log = stack.log.rpartition("everything is kept in")[2]
    order = re.findall(r"(\w+) is stopping", log)
    assert order[0] == "envoy"
    assert order[1] == "chat"
    assert set(order) == {"envoy", "chat", "auth", "quota", "retrieval"}
    assert "Traceback" not in log
    assert "WARNING" not in log
    assert "stopped" in log.splitlines()[-1]


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
