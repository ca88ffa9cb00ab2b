"""In a rush a commit waits for company, and nowhere else."""

import asyncio

import pytest

from services.database import batches as module
from services.database.batches import COMPANY_ITEMS, RUSH_ITEMS

from .test_batches import Gate, settle_down, started

HOURS = 3600.0


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """However slow the machine is: all that comes is a rush, and a commit that waits for company waits for good."""
    monkeypatch.setattr(module, "RUSH_SECONDS", HOURS)
    monkeypatch.setattr(module, "COMPANY_SECONDS", HOURS)
    gate = Gate()
    gate.may_commit.set()
    return gate


async def test_a_commit_waits_until_enough_are_there_to_share_it(gate: Gate) -> None:
    batches = gate.opened()
    await asyncio.gather(*await started(batches, *map(str, range(RUSH_ITEMS))))
    first = await started(batches, "first")
    assert not first[0].done()
    others = [f"other {number}" for number in range(COMPANY_ITEMS - 1)]
    await asyncio.gather(*first, *await started(batches, *others))
    assert gate.batches[-1] == ["first", *others]


async def test_one_caller_that_comes_again_and_again_never_waits(gate: Gate) -> None:
    batches = gate.opened()
    async with asyncio.timeout(60):
        for number in range(3 * RUSH_ITEMS):
            await batches.run(str(number))
    assert len(gate.batches) == 3 * RUSH_ITEMS


async def test_a_few_that_meet_by_chance_do_not_wait(gate: Gate) -> None:
    batches = gate.opened()
    async with asyncio.timeout(60):
        await asyncio.gather(*(batches.run(str(number)) for number in range(RUSH_ITEMS - 2)))
        await batches.run("later")


async def test_a_rush_that_is_over_is_forgotten(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = gate.opened()
    await asyncio.gather(*await started(batches, *map(str, range(RUSH_ITEMS))))
    monkeypatch.setattr(module, "RUSH_SECONDS", -1.0)
    async with asyncio.timeout(60):
        await batches.run("later")


async def test_who_comes_alone_waits_no_longer_than_agreed_and_once(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = gate.opened()
    await asyncio.gather(*await started(batches, *map(str, range(RUSH_ITEMS))))
    monkeypatch.setattr(module, "COMPANY_SECONDS", 0.01)
    await batches.run("alone")
    monkeypatch.setattr(module, "COMPANY_SECONDS", HOURS)
    async with asyncio.timeout(60):
        await batches.run("alone again")


async def test_one_that_leaves_while_its_commit_waits_is_not_written(gate: Gate) -> None:
    batches = gate.opened()
    await asyncio.gather(*await started(batches, *map(str, range(RUSH_ITEMS))))
    (leaving,) = await started(batches, "leaving")
    leaving.cancel()
    await settle_down()
    staying = await started(batches, *map(str, range(COMPANY_ITEMS)))
    await asyncio.gather(*staying)
    assert "leaving" not in gate.committed
