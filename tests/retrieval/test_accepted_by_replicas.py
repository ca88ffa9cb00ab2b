"""Content that one replica accepted is indexed by whichever is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.clock import system_clock
from services.retrieval.ingest.queue import LEASE_MS
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.qdrant_stand_in import stand_in
from tests.retrieval.replicas import Replicas
from tests.retrieval.retrieval_harness import Retrieval, chunks

BOT = "bot_a"


@pytest.fixture
async def replicas(tmp_path: Path, signer: TokenSigner, postgres_url: str) -> AsyncIterator[Replicas]:
    async with stand_in() as qdrant:
        yield Replicas(tmp_path, signer, postgres_url, qdrant)


async def accept(replica: Retrieval, number: int) -> None:
    header = pb.AddSourceHeader(name=f"{number}.txt", no_wait=True)
    text = f"The fee is {number} euros."
    await replica.send(BOT, [pb.AddSourceRequest(header=header), *chunks(text.encode())])


async def until_indexed(replica: Retrieval) -> None:
    async with asyncio.timeout(60):
        async for _ in replica.sources(BOT).WatchIngest(pb.WatchIngestRequest()):
            pass


async def test_what_one_accepted_another_indexes_and_nobody_twice(replicas: Replicas) -> None:
    async with replicas.several() as (left, right):
        await asyncio.gather(*(accept(replica, number) for number in range(8) for replica in (left, right)))
        await until_indexed(right)
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
            await until_indexed(right)
            assert await right.texts(BOT, "fee") == ["The fee is 1 euros."]
    assert await replicas.difference() == ""


async def test_who_is_not_heard_of_any_more_is_not_waited_for(replicas: Replicas) -> None:
    async with replicas.one() as left:
        replicas.embedders[0].hold = asyncio.Event()
        await accept(left, 1)
        await replicas.embedders[0].waiting.wait()
        async with replicas.one(lambda: system_clock() + LEASE_MS / 1000 + 60) as right:
            await until_indexed(right)
            assert await right.texts(BOT, "fee") == ["The fee is 1 euros."]
            # The other was only slow: what it did is not wanted any more.
            replicas.embedders[0].hold.set()
            await accept(left, 2)
            await until_indexed(left)
            assert len(await left.listed(BOT)) == 2
            assert len(await right.texts(BOT, "fee")) == 2
