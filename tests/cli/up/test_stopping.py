"""How a launcher and its processes end: in time, with nothing left behind."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.cli.processes import PROCESSES
from tests.child_processes import commands
from tests.cli.up.processes import gone
from tests.contract.stack import Stack, eventually
from tests.waiting import PATIENCE

pytestmark = pytest.mark.stack

CHATMOUNT = Path(sys.executable).with_name("chatmount")
TOGETHER = "auth,quota,chat"


@contextmanager
def launched(stack: Stack, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A launcher whose output can be read; its log is that of the stack."""
    with (stack.home.parent / f"{stack.home.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [CHATMOUNT, "up", "--no-demo", *options],
            env=stack._environment,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


def services_of(launcher: subprocess.Popen[bytes]) -> dict[str, psutil.Process]:
    """Those that it has started by now, by their names."""
    return {command[-1]: child for child, command in commands(launcher.pid) if "services." in command[-2:][0]}


def test_a_stop_during_the_start_leaves_nothing_behind(stack: Stack) -> None:
    with launched(stack, "--split") as launcher:
        eventually(lambda: len(services_of(launcher)) >= len(PROCESSES))
        family = [child.pid for child in psutil.Process(launcher.pid).children(recursive=True)]
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(PATIENCE) == 0
    assert gone(family)


def test_a_second_ctrl_c_stops_at_once(stack: Stack) -> None:
    with launched(stack) as launcher:
        # One that has not said anything yet may be ended at the first already: it is still being started.
        eventually(lambda: " chat " in stack.log)
        # Not web, which is not waited for as long as the second signal may take on a busy machine.
        services_of(launcher)[TOGETHER].suspend()
        family = [child.pid for child in psutil.Process(launcher.pid).children(recursive=True)]
        launcher.send_signal(signal.SIGINT)
        eventually(lambda: "stopping; requests in flight may finish" in stack.log)
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(PATIENCE) == 0
    assert gone(family)
    assert "stopping at once" in stack.log
    # Which it says of what it has waited for.
    assert f"{TOGETHER} does not stop" not in stack.log


def test_programs_are_told_where_it_is_and_a_stop_ends_even_when_nothing_answers(stack: Stack) -> None:
    with launched(stack, "--split", "--json") as launcher:
        assert launcher.stdout is not None
        value = json.loads(launcher.stdout.readline())
        assert value["url"].endswith("/v1/chat")
        assert (value["key"], value["chatbot_id"], value["first_owner_link"]) == (None, None, None)
        assert value["dashboard"].endswith("/dashboard/")
        for service in services_of(launcher).values():
            service.suspend()
        launcher.send_signal(signal.SIGTERM)
        assert launcher.stdout.read() == b""
        assert launcher.wait(PATIENCE) == 0
    for process in PROCESSES:
        assert f"{process} does not stop; killing it" in stack.log
