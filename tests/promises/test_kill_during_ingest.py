"""kill -9 while sources come in: nothing acknowledged is lost, nothing is left behind.

The whole of it: `pytest tests/promises/test_kill_during_ingest.py --size 50 -s`.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.promises.killed_retrieval import BOT, Process, Writer, watched

WRITERS = 4
DOCUMENTS = 6
SECONDS_ALIVE = 1.5


@pytest.mark.timeout(3600)
async def test_no_kill_loses_what_was_acknowledged_or_leaves_anything_behind(
    tmp_path: Path, size: Callable[[int], int]
) -> None:
    chance, process, serving = random.Random(20), Process(tmp_path), asyncio.Event()
    writers = [Writer(f"writer{number}", process) for number in range(WRITERS)]
    tasks = [asyncio.create_task(writer.work(serving, DOCUMENTS)) for writer in writers]
    try:
        for _ in range(size(2)):
            await process.start()
            process.acknowledged.clear()
            serving.set()
            # However slow the machine is, there is something that could be lost.
            one_more = asyncio.create_task(process.acknowledged.wait())
            await asyncio.wait([one_more, *tasks], timeout=120, return_when=asyncio.FIRST_COMPLETED)
            one_more.cancel()
            done, _ = await asyncio.wait(tasks, timeout=chance.uniform(0.0, SECONDS_ALIVE))
            assert not done, done.pop().exception()
            serving.clear()
            await process.kill()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await process.start()
        async with asyncio.timeout(600):
            assert [left async for left in watched(process)][-1] == 0
        orphans, faults = await process.difference()
        lost, found = await compared(process, writers)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await process.close()
    acknowledged = sum(writer.acknowledged for writer in writers)
    print(f"{size(2)} kills, {acknowledged} changes acknowledged, {found} sources: {len(lost)} lost, {orphans} orphans")
    assert acknowledged >= size(2)
    assert lost == []
    assert orphans == 0
    assert faults == []


async def compared(process: Process, writers: list[Writer]) -> tuple[list[str], int]:
    """What is there otherwise than it was acknowledged, and how many sources there are."""
    sources = await process.sources()
    may_be = {url: versions for writer in writers for url, versions in writer.may_be.items()}
    lost = [f"{url}: unknown" for url in sources if url not in may_be]
    for url, versions in may_be.items():
        source = sources.get(url)
        if (source.title if source else "") not in versions or (source and (source.error or not source.passages)):
            lost.append(f"{url}: {source}, not {versions}")
        elif source:
            passages = (await process.retrieval.search(BOT, source.title, limit=50)).passages
            mine = {passage.title for passage in passages if passage.url == url}
            if not mine <= {source.title}:
                lost.append(f"{url}: found as {mine}")
    return lost, len(sources)
