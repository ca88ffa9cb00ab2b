"""Runs on a schedule, with a clock that only they move."""

import asyncio
import os
import signal

import pytest

from services.cli.failures import CommandFailed, Missing
from services.cli.repeating import STOP_SIGNALS, repeat, until_signal
from tests.each import for_each


class _Over(BaseException):
    pass


class Schedule:
    """Runs that take `taken` seconds each or fail, a minute apart."""

    def __init__(self, *taken: float | Exception) -> None:
        self.now = 1000.5
        self.began: list[float] = []
        self.failures: list[str] = []
        self._taken = list(taken)

    async def run(self) -> None:
        if not self._taken:
            raise _Over
        self.began.append(self.now - 1000.5)
        taken = self._taken.pop(0)
        if isinstance(taken, Exception):
            raise taken
        self.now += taken

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    async def go(self, over: type[BaseException] = _Over) -> None:
        with pytest.raises(over):
            await repeat(self.run, 60, lambda error: self.failures.append(str(error)), lambda: self.now, self.sleep)


async def test_the_first_run_is_at_once_and_the_others_are_an_interval_apart() -> None:
    schedule = Schedule(1, 59, 0)
    await schedule.go()
    assert schedule.began == [0, 60, 120]


async def test_runs_never_overlap_and_what_fell_due_meanwhile_is_left_out() -> None:
    schedule = Schedule(150, 60, 1)
    await schedule.go()
    assert schedule.began == [0, 180, 300]


async def test_a_run_that_fails_is_told_and_the_next_comes_as_usual() -> None:
    schedule = Schedule(CommandFailed("away"), ExceptionGroup("", [OSError("full")]), 1)
    await schedule.go()
    assert schedule.began == [0, 60, 120]
    assert schedule.failures[0] == "away"
    assert len(schedule.failures) == 2


async def test_what_no_further_run_would_mend_ends_it() -> None:
    schedule = Schedule(1, Missing("No chatbot."), 1)
    await schedule.go(Missing)
    assert (schedule.began, schedule.failures) == ([0, 60], [])


@for_each(("number", "in_a_run"), [(number, in_a_run) for number in STOP_SIGNALS for in_a_run in (True, False)])
def test_a_signal_ends_it_within_a_run_and_between_two(number: signal.Signals, in_a_run: bool) -> None:
    ended: list[str] = []

    async def forever() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("in order")

    async def nothing() -> None:
        return

    run, sleep = (forever, _no_sleep) if in_a_run else (nothing, lambda _: forever())
    asyncio.run(until_signal(repeat(run, 60, _fail, sleep=sleep)))
    assert ended == ["in order"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_failure_of_the_work_is_that_of_the_whole() -> None:
    async def work() -> None:
        raise Missing("No chatbot.")

    with pytest.raises(Missing):
        asyncio.run(until_signal(work()))


async def _no_sleep(_: float) -> None:
    raise AssertionError


def _fail(error: Exception) -> None:
    raise error
