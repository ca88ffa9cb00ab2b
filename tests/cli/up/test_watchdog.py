"""When a watchdog loses patience; then with the frozen processes of a real stack."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest

from services.cli.calls.health import probe_of
from services.cli.processes import PROCESSES
from services.cli.up.local_stack import LocalStack
from services.cli.up.ports import ReservedPort
from services.cli.up.public_address import PublicAddress
from services.cli.up.wiring import USUAL
from services.config.settings import load_settings
from services.edge.admin import EnvoyAdmin
from services.observe.watchdog import ROUNDS, START_ROUNDS, Watchdog
from services.tasks import Tasks
from services.trust.secret_file import SecretFile, ensure_secret
from tests.child_processes import commands, has_ended
from tests.each import for_each
from tests.waiting import until

PATIENCE = 0.06
RETURN_SECONDS = 150.0
TOGETHER = "auth,quota,chat"


class Process:
    """What a watchdog sees of one: an answer after the other from a list, then `last` for good."""

    pid: int | None = 1

    def __init__(self, answers: list[bool], last: bool) -> None:
        self.answers = answers
        self.last = last
        self.asked = 0
        self.complaints: list[str] = []

    async def answer(self) -> bool:
        self.asked += 1
        return self.answers.pop(0) if self.answers else self.last


@asynccontextmanager
async def watched(process: Process, *, is_ready: bool = False) -> AsyncIterator[None]:
    watchdog = Watchdog(lambda: process.pid, process.answer, process.complaints.append, PATIENCE, is_ready=is_ready)
    async with Tasks() as tasks:
        tasks.start(watchdog.keep(), "watchdog")
        yield


async def test_one_that_has_answered_and_is_silent_for_the_patience_is_complained_about_once() -> None:
    process = Process([True], last=False)
    async with watched(process):
        await until(lambda: process.complaints != [])
        assert process.asked <= 1 + ROUNDS + 1
        await until(lambda: process.asked > 1 + 3 * ROUNDS)
    assert process.complaints == ["has not answered for 0.06 s"]


async def test_one_that_is_ready_need_not_answer_first() -> None:
    process = Process([], last=False)
    async with watched(process, is_ready=True):
        await until(lambda: process.complaints != [])
        assert process.asked <= ROUNDS + 1


async def test_answers_in_between_cost_nothing() -> None:
    nearly = [False] * (ROUNDS - 1) + [True]
    process = Process([True, *nearly * 5], last=True)
    async with watched(process):
        await until(lambda: process.asked > 1 + 6 * ROUNDS)
    assert process.complaints == []


async def test_one_that_has_just_been_started_has_longer_until_its_first_answer() -> None:
    process = Process([True], last=False)
    async with watched(process):
        await until(lambda: process.asked == ROUNDS)
        process.pid = None
        await asyncio.sleep(PATIENCE * 2)
        process.pid = 2
        begun = process.asked
        await until(lambda: process.complaints != [])
    assert process.asked - begun >= START_ROUNDS


class Unreadable(Process):
    """Asked again, its certificate can't be read."""

    async def answer(self) -> bool:
        if await super().answer():
            return True
        raise PermissionError("internal.key")


class Absent(Process):
    """It is being started."""

    pid = None


@for_each("kind", [Unreadable, Absent])
async def test_what_can_not_be_asked_is_not_complained_about(kind: type[Process]) -> None:
    process = kind([True], last=False)
    async with watched(process):
        await until(lambda: process.asked > 2 * START_ROUNDS)
    assert process.complaints == []


class Silent(Process):
    """Asked again, it says nothing for good."""

    async def answer(self) -> bool:
        return await super().answer() or await asyncio.Event().wait()


async def test_an_answer_that_does_not_come_is_none() -> None:
    process = Silent([True], last=False)
    async with watched(process):
        await until(lambda: process.complaints != [])


@pytest.mark.stack
async def test_frozen_processes_of_a_stack_come_back_by_themselves(tmp_path: Path) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path / "home"), "CHATMOUNT_LISTEN_HOST": "127.0.0.1"})
    settings.home.mkdir()
    ensure_secret(settings.secret_file)
    lines: list[str] = []
    # Tests that ran here before may have left an Envoy of their own to those that come.
    others = {child for child, _ in commands()}

    def log(_: str, line: str) -> None:
        lines.append(line)

    async with AsyncExitStack() as around:
        http, https = ReservedPort(), ReservedPort()
        for port in (http, https):
            around.callback(port.release)
        public = PublicAddress("127.0.0.1", http.number, https.number)
        counts = dict.fromkeys(PROCESSES, 1)
        tasks = await around.enter_async_context(Tasks())
        secrets = SecretFile(settings.secret_file)
        stack = LocalStack(settings, counts, public, secrets, log, tasks, patience=6.0, groups=USUAL)
        around.push_async_callback(stack.stop)
        await stack.start()
        endpoints = stack.endpoints(os.getpid())
        # Services are watched in one way, alone or together, web in another, and Envoy in a third.
        frozen = {name: process_of(name, others) for name in (TOGETHER, "web", "envoy")}
        asks = {"envoy": EnvoyAdmin(settings.home / "envoy" / "admin.sock").is_ready}
        for name, service in ((TOGETHER, "quota"), ("web", "web")):
            probe = probe_of(service, endpoints.service(service), None)
            around.push_async_callback(probe.aclose)
            asks[name] = probe.is_serving
        for process in frozen.values():
            process.suspend()
        for name, process in frozen.items():

            async def is_back(name: str = name, process: psutil.Process = process) -> bool:
                return has_ended(process) and await asks[name]()

            try:
                await until(is_back, RETURN_SECONDS, f"the return of {name}")
            except AssertionError as error:
                error.add_note("\n".join(lines))
                raise
    for name in frozen:
        assert f"{name} has not answered for 6 s; killing it" in lines
        assert f"{name} was killed by SIGKILL; starting it again in 0.1 s" in lines


def process_of(name: str, others: set[psutil.Process]) -> psutil.Process:
    for child, command in commands():
        if child not in others and (name in command[-1:] or Path(command[0]).name.startswith(name)):
            return child
    raise AssertionError(f"no process of {name} is running")
