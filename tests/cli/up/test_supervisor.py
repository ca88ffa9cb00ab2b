import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.cli.up.supervisor import StartFailed, Supervisor
from services.tasks import Tasks
from tests.cli.up.processes import environment, is_alive, script
from tests.promptness import was_once_within
from tests.waiting import PATIENCE, until

SLEEPER = "import time\nprint('up')\ntime.sleep(600)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)"
POLITE = f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')))\n{SLEEPER}"
KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
AGAIN = "worker was killed by SIGKILL; starting it again in 0.1 s"


class Worker(Supervisor):
    """A supervised script; what it prints, and what is said about it."""

    def __init__(self, text: str, clock: Callable[[], float]) -> None:
        self.lines: list[str] = []
        self.log: list[str] = []
        super().__init__("worker", script(text), environment(), self.lines.append, self.log.append, clock)

    async def up(self, times: int = 1) -> int:
        """The process that has said so; the supervisor does not know that it is ready."""
        await until(lambda: self.lines == ["up"] * times)
        assert self.pid is not None
        return self.pid

    async def ready(self) -> int:
        async def is_up() -> bool:
            return self.lines == ["up"]

        await self.become_ready(is_up)
        return await self.up()

    def pauses(self) -> list[str]:
        return [line.rpartition(" in ")[2] for line in self.log]


@asynccontextmanager
async def supervised(text: str, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Worker]:
    worker = Worker(text, clock)
    async with Tasks() as tasks:
        tasks.start(worker.run(), "worker")
        yield worker
        worker.kill()
        await worker.stop(5)


async def test_a_process_that_is_killed_is_started_again_at_once_and_the_log_says_so() -> None:
    async with supervised(SLEEPER) as worker:
        first = await worker.ready()
        os.kill(first, signal.SIGKILL)
        await until(lambda: worker.pid not in {None, first})
        await worker.up(2)
        assert worker.log == [AGAIN]


async def test_a_process_is_asked_when_it_says_something_or_gives_up_and_not_all_the_time() -> None:
    asked = 0

    async def says_so() -> bool:
        nonlocal asked
        asked += 1
        return worker.lines == ["up"]

    async with supervised(SLEEPER) as worker:
        await asyncio.wait_for(worker.become_ready(says_so, pause=600), PATIENCE)
        assert asked <= 2
    async with supervised("raise SystemExit('no')") as worker:
        with pytest.raises(StartFailed):
            await asyncio.wait_for(worker.become_ready(says_so, pause=600), PATIENCE)


async def test_a_process_that_keeps_ending_is_started_ever_more_slowly_until_it_is_stopped() -> None:
    async def seconds_to_stop() -> float:
        async with supervised(KILLED) as worker:
            await until(lambda: len(worker.log) >= 4)
            assert worker.pauses()[:4] == ["0.1 s", "0.2 s", "0.4 s", "0.8 s"]
            began = time.monotonic()
            await worker.stop(5)
            assert worker.pid is None
            return time.monotonic() - began

    await was_once_within(0.7, seconds_to_stop)


async def test_a_process_that_ran_for_long_counts_as_well_again() -> None:
    times = iter(range(0, 10_000, 100))
    async with supervised(KILLED, lambda: next(times)) as worker:
        await until(lambda: len(worker.log) >= 3)
    assert set(worker.pauses()) == {"0.1 s"}


async def test_a_process_that_gives_up_before_it_is_ready_is_not_tried_again() -> None:
    async with supervised("import sys\nsys.exit('CHATMOUNT_X is wrong.')") as worker:
        with pytest.raises(StartFailed, match=r"^worker could not start: CHATMOUNT_X is wrong\.$"):
            await worker.ready()
    assert worker.log == []


async def test_a_process_that_ends_after_it_was_ready_is_started_again_whatever_its_exit_code(tmp_path: Path) -> None:
    flag = tmp_path / "go"
    text = f"import os, time\nprint('up')\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    async with supervised(text) as worker:
        await worker.ready()
        flag.touch()
        await until(lambda: worker.log != [])
    assert worker.log[0] == "worker ended with exit code 0; starting it again in 0.1 s"


async def test_stopping_is_polite_first() -> None:
    async with supervised(POLITE) as worker:
        await worker.up()
        await worker.stop(PATIENCE)
        assert (worker.lines, worker.pid, worker.log) == (["up", "bye"], None, [])


async def test_a_process_that_ignores_the_request_to_stop_is_killed() -> None:
    async with supervised(STUBBORN) as worker:
        pid = await worker.up()
        await worker.stop(0.1)
        assert not is_alive(pid)
    assert worker.log == ["worker does not stop; killing it"]


async def test_a_stop_right_after_the_start_leaves_nothing_behind() -> None:
    async with supervised(SLEEPER) as worker:
        await worker.stop(5)
        assert worker.pid is None


async def test_a_process_that_hangs_is_killed_and_started_again_and_the_log_says_why() -> None:
    async with supervised(SLEEPER) as worker:
        first = await worker.ready()
        os.kill(first, signal.SIGSTOP)
        worker.restart("has not answered for 30 s")
        assert await worker.up(2) != first
        assert worker.log == ["worker has not answered for 30 s; killing it", AGAIN]


async def test_nothing_is_restarted_during_a_start_or_a_stop() -> None:
    async with supervised(STUBBORN) as worker:
        pid = await worker.up()
        worker.restart("has not answered")
        assert await worker.ready() == pid
        stopping = asyncio.create_task(worker.stop(0.5))
        await asyncio.sleep(0)
        worker.restart("has not answered")
        assert is_alive(pid)
        await stopping
    assert worker.log == ["worker does not stop; killing it"]
