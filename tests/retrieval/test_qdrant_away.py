"""Qdrant stops, hangs and comes back: refusals in time, and changes that hold."""

import asyncio
import math
import time

import grpc
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from tests.retrieval.replicas import Replicas
from tests.retrieval.retrieval_harness import Retrieval, refused
from tests.waiting import PATIENCE

BOT = "bot_a"
UNAVAILABLE = Reason.UNAVAILABLE


async def seconds_until_refused(replica: Retrieval) -> float:
    began = time.monotonic()
    assert "temporarily unavailable" in await refused(replica.search(BOT, "parking"), UNAVAILABLE)
    return time.monotonic() - began


async def until_served(replica: Retrieval) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await replica.texts(BOT, "parking")
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)


async def test_searches_are_refused_at_once_while_it_is_down_and_served_when_it_is_back(replicas: Replicas) -> None:
    async with replicas.one() as replica:
        await replica.add(BOT, "Parking is free.", "parking.txt")
        for _ in range(2):
            await replicas.qdrant.stop()
            assert await seconds_until_refused(replica) < PATIENCE / 2
            await refused(replica.add(BOT, "Parking is dear.", "parking.txt"), UNAVAILABLE)
            await replicas.qdrant.start()
            assert await until_served(replica) == ["Parking is free."]
        await replicas.in_line()


async def test_searches_are_refused_in_time_while_it_hangs_and_served_when_it_goes_on(replicas: Replicas) -> None:
    # Less than the default: a machine that is busy with other tests shall not decide this one.
    async with replicas.one(CHATMOUNT_QDRANT_TIMEOUT_MS="400") as replica:
        await replica.add(BOT, "Parking is free.", "parking.txt")
        replicas.qdrant.delay = lambda: math.inf
        waits = await asyncio.gather(*(seconds_until_refused(replica) for _ in range(20)))
        # 0.4 s by its own clock; a machine that stands still for a moment adds to it, a search that hangs never ends.
        assert max(waits) < PATIENCE / 2
        replicas.qdrant.delay = lambda: 0.0
        assert await until_served(replica) == ["Parking is free."]


async def test_what_is_changed_while_it_is_down_holds_when_it_is_back(replicas: Replicas) -> None:
    async with replicas.one() as replica:
        for name in ("removed", "off", "on"):
            await replica.add(BOT, f"Parking is {name}.", f"{name}.txt")
        removed, off, on = await replica.listed(BOT)
        stub = replica.sources(BOT)
        await stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source_id=on.id, enabled=False))
        await replicas.qdrant.stop()
        await stub.RemoveSource(pb.RemoveSourceRequest(source_id=removed.id))
        await stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source_id=off.id, enabled=False))
        switched = await stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source_id=on.id, enabled=True))
        assert switched.source.status == pb.SOURCE_STATUS_INDEXING
        pair = pb.AddQaPairRequest(question="Is parking free?", answer="No.")
        await replica.pairs(BOT).AddQaPair(pair)
        await replicas.qdrant.start()
        await replicas.in_line()
        assert await replica.texts(BOT, "parking") == ["Parking is on."]
        assert {one.status for one in await replica.listed(BOT)} == {
            pb.SOURCE_STATUS_READY,
            pb.SOURCE_STATUS_DISABLED,
        }
