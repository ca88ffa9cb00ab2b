"""Keeping the index in line with the store where several processes share both."""

import pytest

from services.database import Database
from services.retrieval.index.index import VersionState
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.upkeep.notes import GRACE_MS
from services.tasks import Tasks
from tests.retrieval.keeping_process import NOW_MS, Process, passages

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


@pytest.fixture
def process(database: Database, index: ServerIndex) -> Process:
    return Process(database, index)


async def test_what_another_process_is_adding_is_left_alone(process: Process) -> None:
    await process.stage("ver_young", passages(2), NOW_MS - 1000)
    await process.stage("ver_old", passages(3), NOW_MS - GRACE_MS - 1000)
    await process.keeper.reconcile()
    assert await process.index.versions() == {"ver_young": VersionState(2, True)}
    assert await process.unsettled.unsettled() == ["ver_young"]


async def test_what_nobody_noted_is_removed(process: Process) -> None:
    await process.indexer.add_passages("bot_a", "ver_nobodys", "Title", passages(1))
    await process.keeper.reconcile()
    assert await process.index.versions() == {}


async def test_a_version_that_is_not_whole_is_indexed_again(process: Process) -> None:
    texts = passages(40)
    await process.stage("ver_half", texts[:7])
    await process.commit("ver_half", texts)
    await process.keeper.reconcile()
    assert process.keeper.is_missing("ver_half")
    async with Tasks() as tasks:
        process.keeper.start(tasks)
        await process.keeper.rebuilt()
    assert not process.keeper.is_missing("ver_half")
    assert await process.index.versions() == {"ver_half": VersionState(40, True)}


async def test_a_source_switched_off_while_nobody_looked_is_switched_off(process: Process) -> None:
    texts = passages(2)
    await process.stage("ver_a", texts)
    source_id = await process.commit("ver_a", texts)
    await process.sources.set_enabled("bot_a", source_id, False, NOW_MS)
    await process.keeper.reconcile()
    assert await process.index.versions() == {"ver_a": VersionState(2, False)}


async def test_settling_a_version_twice_changes_nothing(process: Process) -> None:
    texts = passages(2)
    await process.stage("ver_a", texts)
    await process.commit("ver_a", texts)
    for _ in range(2):
        await process.keeper.settle(["ver_a", "ver_unknown", ""])
    assert await process.index.versions() == {"ver_a": VersionState(2, True)}
    assert await process.unsettled.unsettled() == []
