"""Two processes that keep one index, each held up at the worst moment."""

import asyncio
from typing import Any

import pytest

from services.database import Database
from services.retrieval.index.index import VersionState
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.store.unsettled import UnsettledStore
from services.tasks import Tasks
from tests.retrieval.keeping_process import NOW_MS, Process, passages

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


class Gate:
    """An object with a method that is held up once, before its work or before its result."""

    def __init__(self, inner: Any, name: str, *, after: bool = False) -> None:
        self._inner = inner
        self._name = name
        self._after = after
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._name or self.reached.is_set():
            return method

        async def held_up(*arguments: Any, **named: Any) -> Any:
            self.reached.set()
            if self._after:
                result = await method(*arguments, **named)
                await self.opened.wait()
                return result
            await self.opened.wait()
            return await method(*arguments, **named)

        return held_up


TEXTS = passages(2)


async def test_the_last_word_is_the_stores_though_an_older_one_is_written_last(
    database: Database, index: ServerIndex
) -> None:
    gate = Gate(index, "set_enabled")
    late, quick = Process(database, gate), Process(database, index)
    await quick.stage("ver_a", TEXTS)
    source_id = await quick.commit("ver_a", TEXTS)
    off = asyncio.create_task(late.switch(source_id, "ver_a", False))
    await gate.reached.wait()
    await quick.switch(source_id, "ver_a", True)
    gate.opened.set()
    await off
    assert await index.versions() == {"ver_a": VersionState(2, True)}
    assert await quick.unsettled.unsettled() == []


async def test_a_note_of_another_change_is_not_struck(database: Database, index: ServerIndex) -> None:
    quick = Process(database, index)
    gate = Gate(quick.unsettled, "settle")
    late = Process(database, index, gate)
    await quick.stage("ver_a", TEXTS)
    source_id = await quick.commit("ver_a", TEXTS)
    off = asyncio.create_task(late.switch(source_id, "ver_a", False))
    await gate.reached.wait()
    # This one dies between its commit and the index: only its note tells of it.
    await quick.sources.set_enabled("bot_a", source_id, True, NOW_MS)
    gate.opened.set()
    await off
    assert await index.versions() == {"ver_a": VersionState(2, True)}


async def test_what_is_committed_while_it_is_cleared_up_is_indexed_again(
    database: Database, index: ServerIndex
) -> None:
    gate = Gate(index, "remove")
    clearing, adding = Process(database, gate), Process(database, index)
    await adding.stage("ver_a", TEXTS)
    clear = asyncio.create_task(clearing.keeper.settle(["ver_a"]))
    await gate.reached.wait()
    await adding.commit("ver_a", TEXTS)
    gate.opened.set()
    await clear
    assert clearing.keeper.is_missing("ver_a")
    async with Tasks() as tasks:
        clearing.keeper.start(tasks)
        await clearing.keeper.rebuilt()
    assert await index.versions() == {"ver_a": VersionState(2, True)}


async def test_what_is_committed_while_another_starts_is_not_taken_for_nobodys(
    database: Database, index: ServerIndex
) -> None:
    gate = Gate(index, "versions", after=True)
    starting, adding = Process(database, gate), Process(database, index)
    await adding.stage("ver_a", TEXTS)
    start = asyncio.create_task(starting.keeper.reconcile())
    await gate.reached.wait()
    await adding.commit("ver_a", TEXTS)
    gate.opened.set()
    await start
    assert await index.versions() == {"ver_a": VersionState(2, True)}


async def test_what_is_committed_after_the_look_of_one_that_starts_is_not_nobodys_either(
    database: Database, index: ServerIndex
) -> None:
    gate = Gate(UnsettledStore(database), "live", after=True)
    starting, adding = Process(database, index, gate), Process(database, index)
    await adding.stage("ver_a", TEXTS)
    start = asyncio.create_task(starting.keeper.reconcile())
    await gate.reached.wait()
    await adding.commit("ver_a", TEXTS)
    gate.opened.set()
    await start
    assert await index.versions() == {"ver_a": VersionState(2, True)}


async def test_what_is_added_while_another_starts_is_not_missing(database: Database, index: ServerIndex) -> None:
    gate = Gate(index, "versions", after=True)
    starting, adding = Process(database, gate), Process(database, index)
    start = asyncio.create_task(starting.keeper.reconcile())
    await gate.reached.wait()
    await adding.stage("ver_a", TEXTS)
    await adding.commit("ver_a", TEXTS)
    gate.opened.set()
    await start
    assert not starting.keeper.is_missing("ver_a")
