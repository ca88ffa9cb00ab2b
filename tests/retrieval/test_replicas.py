"""Replicas of Retrieval: what one writes the others find, whatever happens at once."""

import asyncio
import random
from collections.abc import Callable

import grpc
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.clock import system_clock
from services.retrieval.upkeep.rebuild import CLAIM_MS
from tests.retrieval.replicas import Replicas
from tests.retrieval.retrieval_harness import Retrieval

BOT = "bot_a"


async def enable(replica: Retrieval, source_id: str, enabled: bool) -> None:
    await replica.sources(BOT).SetSourceEnabled(pb.SetSourceEnabledRequest(source_id=source_id, enabled=enabled))


async def remove(replica: Retrieval, source_id: str) -> None:
    await replica.remove(BOT, source_id)


async def test_what_one_replica_writes_the_next_search_on_the_other_finds(replicas: Replicas) -> None:
    async with replicas.several() as (left, right):
        for writer, reader in ((left, right), (right, left)):
            added = (await writer.add(BOT, "Parking is free.", "parking.txt")).source
            assert await reader.texts(BOT, "parking") == ["Parking is free."]
            await writer.add(BOT, "Parking costs two euros.", "parking.txt")
            assert await reader.texts(BOT, "parking") == ["Parking costs two euros."]
            await enable(writer, added.id, False)
            assert await reader.texts(BOT, "parking") == []
            await enable(reader, added.id, True)
            assert await writer.texts(BOT, "parking") == ["Parking costs two euros."]
            await remove(reader, added.id)
            assert await writer.texts(BOT, "parking") == []
            pair = pb.AddQaPairRequest(question="Is parking free?", answer="No.")
            asked = (await writer.pairs(BOT).AddQaPair(pair)).qa_pair
            assert (await reader.search(BOT, "is parking free, please?")).qa_match.pair.answer == "No."
            await reader.pairs(BOT).RemoveQaPair(pb.RemoveQaPairRequest(qa_pair_id=asked.id))
            assert not (await writer.search(BOT, "is parking free, please?")).HasField("qa_match")
    assert await replicas.difference() == ""


async def change_at_random(replica: Retrieval, dice: random.Random, steps: int) -> None:
    """Adds, replaces, switches and removes among a few sources that all replicas work on."""
    for _ in range(steps):
        sources = await replica.listed(BOT)
        chosen = dice.choice(sources) if sources else None
        act = dice.choice(("add", "add", "on", "off", "remove"))
        if act == "add" or chosen is None:
            text = " ".join(f"Sentence {dice.randrange(1000)} about parking." for _ in range(dice.randrange(1, 60)))
            await replica.add(BOT, text, f"{dice.randrange(5)}.txt")
            continue
        try:
            await (remove(replica, chosen.id) if act == "remove" else enable(replica, chosen.id, act == "on"))
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:  # another replica was quicker to remove it
                raise


async def test_index_and_store_agree_after_replicas_changed_the_same_sources_at_once(
    replicas: Replicas, size: Callable[[int], int]
) -> None:
    dice = random.Random(7)
    replicas.qdrant.delay = lambda: dice.choice((0.0, 0.0, 0.005, 0.03))
    async with replicas.several(3) as running:
        await asyncio.gather(
            *(change_at_random(one, random.Random(number), size(60) // 6) for number, one in enumerate(running * 2))
        )
        await replicas.in_line()
        enabled = [one for one in await running[0].listed(BOT) if one.status != pb.SOURCE_STATUS_DISABLED]
        found = [{hit.url for hit in (await one.search(BOT, "parking", limit=50)).passages} for one in running]
        assert found == [{one.url for one in enabled}] * 3


async def test_replicas_that_start_while_others_add_take_nothing_away(replicas: Replicas) -> None:
    dice = random.Random(7)
    async with replicas.one() as writer:
        replicas.qdrant.delay = lambda: dice.uniform(0, 0.01)
        adding = asyncio.create_task(add_many(writer, 40))
        starts = 0
        while not adding.done():
            async with replicas.several():
                starts += 1
        await adding
        assert starts > 1
        await replicas.in_line()
        assert len(await writer.listed(BOT)) == 40
        assert {one.status for one in await writer.listed(BOT)} == {pb.SOURCE_STATUS_READY}
    # Nothing was lost and indexed again behind our back: each text was embedded once, passage and sentence.
    assert sum(one.passages for one in replicas.embedders) == 80


async def add_many(replica: Retrieval, number: int) -> None:
    for one in range(number):
        await replica.add(BOT, f"Car park {one} is free.", f"{one}.txt")


async def test_a_lost_index_is_rebuilt_by_all_replicas_together_and_once(replicas: Replicas) -> None:
    async with replicas.one() as writer:
        await add_many(writer, 30)
    replicas.qdrant.lose_everything()
    replicas.embedders.clear()
    replicas.hold = asyncio.Event()
    async with replicas.several(3):
        async with asyncio.timeout(60):
            for embedder in replicas.embedders[:2]:
                await embedder.waiting.wait()
        replicas.hold.set()
        await replicas.in_line()
    shares = [one.passages for one in replicas.embedders]
    assert sum(shares) <= 60 + 6, "what one of them does the others leave alone"
    assert sorted(shares)[1] > 0, "more than one took part"


async def test_what_a_replica_claimed_and_never_finished_is_taken_over(replicas: Replicas) -> None:
    async with replicas.one() as writer:
        await add_many(writer, 3)
    replicas.qdrant.lose_everything()
    now = system_clock()
    async with replicas.one(lambda: now) as stuck:
        # Its rebuild begins when this lets it: it claims the first version and is never heard of again.
        replicas.embedders[-1].hold = asyncio.Event()
        await replicas.embedders[-1].waiting.wait()
        async with replicas.one(lambda: now + 1) as early:
            async with asyncio.timeout(60):
                while len(await early.texts(BOT, "free")) < 2:  # noqa: ASYNC110 - a rebuild tells nobody of its steps
                    await asyncio.sleep(0.02)
            assert len(await early.texts(BOT, "free")) == 2
            async with replicas.one(lambda: now + CLAIM_MS / 1000 + 1):
                await replicas.in_line()
        assert len(await stuck.texts(BOT, "free")) == 3
