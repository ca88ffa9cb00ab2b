import asyncio
import operator
from collections.abc import Mapping

import pytest

from services.buffer import Buffer


async def test_what_is_written_when_its_caller_leaves_is_written_once() -> None:
    written: list[Mapping[str, int]] = []
    committed, told = asyncio.Event(), asyncio.Event()

    async def write(numbers: Mapping[str, int]) -> None:
        written.append(dict(numbers))
        committed.set()
        await told.wait()

    buffer: Buffer[str] = Buffer(write, operator.add, "counting")
    buffer.put("refused", 1)
    leaving = asyncio.create_task(buffer.flush())
    await committed.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    told.set()
    buffer.put("refused", 2)
    await buffer.flush()
    assert written == [{"refused": 1}, {"refused": 2}]
