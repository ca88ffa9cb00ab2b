"""Content that one replica accepted is indexed by whichever is there."""

import asyncio
from contextlib import AsyncExitStack

from services.clock import system_clock
from services.retrieval.ingest.queue import LEASE_MS
from tests.retrieval.replicas import Replicas
from tests.retrieval.retrieval_harness import Retrieval

BOT = "bot_a"


async def accept(replica: Retrieval, number: int) -> None:
    await replica.accept(BOT, f"The fee is {number} euros.", f"{number}.txt")


async def test_what_one_accepted_another_indexes_and_nobody_twice(replicas: Replicas) -> None:
    async with replicas.several() as (left, right):
        await asyncio.gather(*(accept(replica, number) for number in range(8) for replica in (left, right)))
        await right.indexed(BOT)
        for replica in (left, right):
            assert len(await replica.texts(BOT, "fee")) == 8
        await replicas.in_line()
    assert await replicas.difference() == ""


async def test_what_a_replica_was_at_work_on_when_it_left_is_finished_by_others(replicas: Replicas) -> None:
    async with AsyncExitStack() as leaving:
        left = await leaving.enter_async_context(replicas.one())
        replicas.embedders[0].hold = asyncio.Event()
        await accept(left, 1)
        await replicas.embedders[0].waiting.wait()
        async with replicas.one() as right:
            assert [one.ingest.working for one in await right.listed(BOT)] == [True]
            await leaving.aclose()
            await right.indexed(BOT)
            assert await right.texts(BOT, "fee") == ["The fee is 1 euros."]
    assert await replicas.difference() == ""


async def test_who_is_not_heard_of_any_more_is_not_waited_for(replicas: Replicas) -> None:
    async with replicas.one() as left:
        replicas.embedders[0].hold = asyncio.Event()
        await accept(left, 1)
        await replicas.embedders[0].waiting.wait()
        async with replicas.one(lambda: system_clock() + LEASE_MS / 1000 + 60) as right:
            await right.indexed(BOT)
            assert await right.texts(BOT, "fee") == ["The fee is 1 euros."]
            # The other was only slow: what it did is not wanted any more.
            replicas.embedders[0].hold.set()
            await accept(left, 2)
            await left.indexed(BOT)
            assert len(await left.listed(BOT)) == 2
            assert len(await right.texts(BOT, "fee")) == 2
