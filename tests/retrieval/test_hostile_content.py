"""Files that a parser never gets through: they cost their own account time, and nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.retrieval.ingest import queue as ingest_queue
from services.retrieval.ingest.reader import reader, workers
from services.trust.principal import Principal, Role
from tests.retrieval.ingest.reader.conftest import ODD_READER, readers
from tests.retrieval.retrieval_harness import Retrieval, refused
from tests.waiting import until

HOSTILE = "text/markdown; odd=burn"
NAMES = [f"{number}.md" for number in range(8)]
SOON_SECONDS = 30.0
"""Half of what a hostile file may take."""
SMALL = "18 bytes of a file"


def operator_of(account: str, bot: str) -> Principal:
    return Principal(Role.ROLE_OPERATOR, account_id=account, chatbot_id=bot)


HOSTILE_BOT, OTHER_BOT = operator_of("acct_hostile", "bot_a"), operator_of("acct_other", "bot_b")


@pytest.fixture(autouse=True)
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service reads with a parser that can be made to hang."""
    monkeypatch.setattr(workers, "MODULE", ODD_READER)


@pytest.fixture
async def eight_hostile(
    retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[asyncio.Task[pb.AddSourceResponse]]]:
    """Eight files that callers of one account wait for, and eight in the queue.

    The first is never read.
    """
    monkeypatch.setattr(reader, "TEXT_SECONDS", 60)
    await retrieval.add(OTHER_BOT, "# Fees\n\nThe fee is one euro.")
    names = zip(NAMES, (operator_of("acct_hostile", f"bot_{number}") for number in range(8)), strict=True)
    waiting = [asyncio.create_task(retrieval.add(bot, "x", name, media_type=HOSTILE)) for name, bot in names]
    for number, name in enumerate(NAMES):
        await retrieval.accept(operator_of("acct_hostile", f"bot_{number}"), "x", f"later-{name}", media_type=HOSTILE)
    await until(lambda: len(readers()) == 1)
    yield waiting
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_other_accounts_ask_and_add_as_if_nothing_were(
    retrieval: Retrieval, eight_hostile: list[asyncio.Task[pb.AddSourceResponse]]
) -> None:
    slowest = 0.0

    async def ask() -> None:
        nonlocal slowest
        while True:
            begun = time.monotonic()
            assert await retrieval.texts(OTHER_BOT, "fee")
            slowest = max(slowest, time.monotonic() - begun)
            await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask())
    for number in range(3):
        async with asyncio.timeout(SOON_SECONDS):
            assert (await retrieval.add(OTHER_BOT, SMALL, f"waited-{number}.txt")).source.passages == 1
        async with asyncio.timeout(SOON_SECONDS):
            await retrieval.accept(OTHER_BOT, SMALL, f"queued-{number}.txt")
            await retrieval.indexed(OTHER_BOT)
    assert not any(task.done() for task in eight_hostile)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    # A few milliseconds; a machine that is busy adds to it.
    assert slowest < SOON_SECONDS


async def test_when_the_client_has_left_the_work_ends(retrieval: Retrieval) -> None:
    adding = asyncio.create_task(retrieval.add(HOSTILE_BOT, "x", media_type=HOSTILE))
    await until(lambda: len(readers()) == 1)
    adding.cancel()
    await until(lambda: not readers())


async def test_a_hostile_file_fails_with_its_cause_and_the_next_is_read(
    retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TEXT_SECONDS", 1)
    unreadable = Reason.UNREADABLE_SOURCE
    assert "too intricate" in await refused(retrieval.add(HOSTILE_BOT, "x", media_type=HOSTILE), unreadable)
    await retrieval.accept(HOSTILE_BOT, "x", "hostile.md", media_type=HOSTILE)
    await retrieval.accept(HOSTILE_BOT, SMALL, "after.md")
    await retrieval.indexed(HOSTILE_BOT)
    told = {one.url: (one.status, one.error) for one in await retrieval.listed(HOSTILE_BOT)}
    assert told["file:hostile.md"][0] == pb.SOURCE_STATUS_FAILED
    assert "too intricate" in told["file:hostile.md"][1]
    assert told["file:after.md"] == (pb.SOURCE_STATUS_READY, "")


async def test_what_waits_longer_than_its_account_may_have_under_way_is_still_read(
    retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_queue, "LOOK_AGAIN_SECONDS", 3600.0)
    for number in range(3 * ingest_queue.WORKERS):
        await retrieval.accept(HOSTILE_BOT, SMALL, f"{number}.md")
    await retrieval.indexed(HOSTILE_BOT)
    assert {one.status for one in await retrieval.listed(HOSTILE_BOT)} == {pb.SOURCE_STATUS_READY}
