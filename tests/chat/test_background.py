"""Work that outlives its call: what a stop waits for, and for how long."""

import asyncio

import pytest

from services.chat.background import BackgroundWork
from tests.metered import since_now
from tests.waiting import PATIENCE


async def test_a_stop_waits_for_the_job_that_a_block_starts_at_its_end() -> None:
    background, may_end = BackgroundWork(), asyncio.Event()
    done: list[str] = []

    async def job() -> None:
        await asyncio.sleep(0)
        done.append("job")

    async def call() -> None:
        with background.expecting():
            await may_end.wait()
            background.start("the job of a call", job())

    running = asyncio.create_task(call())
    await asyncio.sleep(0)
    drained = asyncio.create_task(background.drain(60))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not drained.done()
    may_end.set()
    await drained
    assert done == ["job"]
    await running


async def test_a_stop_does_not_wait_for_a_block_that_failed() -> None:
    background = BackgroundWork()
    with pytest.raises(RuntimeError), background.expecting():
        raise RuntimeError
    await asyncio.wait_for(background.drain(2 * PATIENCE), PATIENCE)


async def test_what_is_not_done_in_time_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    background, at_work = BackgroundWork(), since_now("chatmount_background_jobs")
    task = background.start("a job without end", asyncio.Event().wait())  # type: ignore[arg-type]
    assert at_work() == 1
    await background.drain(0.01)
    assert at_work() == 0
    assert task is not None
    assert task.done()
    assert "given up at the stop: a job without end" in caplog.text
