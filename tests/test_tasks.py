import asyncio
import logging

import pytest

from services.errors import ChatmountError, Reason
from services.tasks import Tasks
from tests.waiting import PATIENCE


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("chatmount")]


async def test_what_a_block_began_is_over_when_it_is_left() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("work")

    async def block() -> None:
        async with Tasks() as tasks:
            tasks.start(work(), "work")
            await asyncio.sleep(0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await block()
    assert ended == ["work"]


async def test_a_repeated_work_goes_on_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[Exception] = [ChatmountError(Reason.UNAVAILABLE, "away"), ValueError("broken")]
    done = asyncio.Event()

    async def work() -> None:
        if failures:
            raise failures.pop(0)
        done.set()

    with caplog.at_level(logging.WARNING):
        async with Tasks() as tasks:
            tasks.every(0, work, "the sweep", at_once=True)
            await asyncio.wait_for(done.wait(), PATIENCE)
    assert told(caplog) == [
        "the sweep can't be done now and is tried again: away",
        "the sweep failed and is tried again",
    ]


async def test_the_first_time_waits_unless_it_is_wanted_at_once() -> None:
    begun: list[str] = []

    async def begin(name: str) -> None:
        begun.append(name)

    async with Tasks() as tasks:
        tasks.every(60, lambda: begin("later"), "later")
        tasks.every(60, lambda: begin("now"), "now", at_once=True)
        await asyncio.sleep(0.01)
    assert begun == ["now"]


async def test_an_end_with_an_error_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ValueError("broken")

    async with Tasks() as tasks:
        tasks.start(work(), "the reader")
        await asyncio.sleep(0.01)
    assert told(caplog) == ["the reader ended with an error"]


@pytest.mark.parametrize("error", [None, ValueError("broken"), ChatmountError(Reason.UNAVAILABLE, "away")])
async def test_what_outlasts_its_caller_comes_to_its_end(
    caplog: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    begun, ended = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0)
        ended.append("work")
        if error is not None:
            raise error

    async with Tasks(finishes=True) as tasks:
        leaving = asyncio.create_task(tasks.outlast(work(), "the writer"))
        await begun.wait()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    assert ended == ["work"]
    assert told(caplog) == (["the writer ended with an error"] if isinstance(error, ValueError) else [])


async def test_who_stays_has_the_result_or_the_error() -> None:
    async def result(work: str) -> str:
        if not work:
            raise ValueError("nothing")
        return work

    async with Tasks() as tasks:
        assert await tasks.outlast(result("done"), "the writer") == "done"
        with pytest.raises(ValueError, match="nothing"):
            await tasks.outlast(result(""), "the writer")
