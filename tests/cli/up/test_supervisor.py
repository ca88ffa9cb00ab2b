import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.cli.up.supervisor import StartFailed, Supervisor
from services.tasks import Tasks
from tests.cli.up.processes import environment, eventually, is_alive, script

SLEEPER = "import time\nprint('up')\ntime.sleep(600)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)"


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.log: list[str] = []


@asynccontextmanager
async def supervised(text: str, heard: Heard, clock: Callable[[], float] | None = None) -> AsyncIterator[Supervisor]:
    named = {"clock": clock} if clock else {}
    supervisor = Supervisor("worker", script(text), environment(), heard.lines.append, heard.log.append, **named)
    async with Tasks() as tasks:
        tasks.start(supervisor.run(), "worker")
        yield supervisor
        supervisor.kill()
        await supervisor.stop(5)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_a_process_that_is_killed_is_started_again_at_once_and_the_log_says_so() -> None:
    heard = Heard()
    async with supervised(SLEEPER, heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        await supervisor.become_ready(yes)
        first = supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await eventually(lambda: supervisor.pid not in {None, first})
        assert loop.time() - began < 1
        await eventually(lambda: heard.lines == ["up", "up"])
        assert heard.log == ["worker was killed by SIGKILL; starting it again in 0.1 s"]


async def test_a_process_that_keeps_ending_is_started_ever_more_slowly() -> None:
    heard = Heard()
    async with supervised("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", heard):
        await eventually(lambda: len(heard.log) >= 4)
    pauses = [line.rpartition(" in ")[2] for line in heard.log[:4]]
    assert pauses == ["0.1 s", "0.2 s", "0.4 s", "0.8 s"]


async def test_a_process_that_ran_for_long_counts_as_well_again() -> None:
    heard = Heard()
    time = 0.0

    def clock() -> float:
        nonlocal time
        time += 100
        return time

    async with supervised("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", heard, clock):
        await eventually(lambda: len(heard.log) >= 3)
    assert {line.rpartition(" in ")[2] for line in heard.log} == {"0.1 s"}


async def test_a_process_that_gives_up_before_it_is_ready_is_not_tried_again() -> None:
    heard = Heard()
    async with supervised("import sys\nsys.exit('CHATMOUNT_X is wrong.')", heard) as supervisor:
        with pytest.raises(StartFailed, match=r"^worker could not start: CHATMOUNT_X is wrong\.$"):
            await supervisor.become_ready(no)
    assert heard.log == []


async def test_a_process_that_ends_after_it_was_ready_is_started_again_whatever_its_exit_code(tmp_path: Path) -> None:
    heard = Heard()
    flag = tmp_path / "go"
    text = f"import os, time\nprint('up')\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    async with supervised(text, heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        await supervisor.become_ready(yes)
        flag.touch()
        await eventually(lambda: heard.log != [])
    assert heard.log[0] == "worker ended with exit code 0; starting it again in 0.1 s"


async def test_stopping_is_polite_first() -> None:
    heard = Heard()
    text = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')))\nprint('up')\n"
    async with supervised(text + "time.sleep(600)", heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        await supervisor.stop(5)
        assert heard.lines == ["up", "bye"]
        assert supervisor.pid is None
    assert heard.log == []


async def test_a_process_that_ignores_the_request_to_stop_is_killed() -> None:
    heard = Heard()
    async with supervised(STUBBORN, heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        pid = supervisor.pid
        assert pid is not None
        await supervisor.stop(0.1)
        assert not is_alive(pid)
    assert heard.log == ["worker does not stop; killing it"]


async def test_a_stop_during_the_pause_before_a_restart_ends_the_pause() -> None:
    heard = Heard()
    async with supervised("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", heard) as supervisor:
        await eventually(lambda: len(heard.log) >= 4)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await supervisor.stop(5)
        assert loop.time() - began < 0.7
        assert supervisor.pid is None


async def test_a_stop_right_after_the_start_leaves_nothing_behind() -> None:
    heard = Heard()
    async with supervised(SLEEPER, heard) as supervisor:
        await supervisor.stop(5)
        assert supervisor.pid is None


async def test_a_process_that_hangs_is_killed_and_started_again_and_the_log_says_why() -> None:
    heard = Heard()
    async with supervised(SLEEPER, heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        await supervisor.become_ready(yes)
        first = supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        supervisor.restart("has not answered for 30 s")
        await eventually(lambda: heard.lines == ["up", "up"])
        assert supervisor.pid not in {None, first}
        assert heard.log == [
            "worker has not answered for 30 s; killing it",
            "worker was killed by SIGKILL; starting it again in 0.1 s",
        ]


async def test_nothing_is_restarted_during_a_start_or_a_stop() -> None:
    heard = Heard()
    async with supervised(STUBBORN, heard) as supervisor:
        await eventually(lambda: heard.lines == ["up"])
        pid = supervisor.pid
        assert pid is not None
        supervisor.restart("has not answered")
        await supervisor.become_ready(yes)
        stopping = asyncio.create_task(supervisor.stop(0.5))
        await asyncio.sleep(0)
        supervisor.restart("has not answered")
        assert is_alive(pid)
        await stopping
    assert heard.log == ["worker does not stop; killing it"]
