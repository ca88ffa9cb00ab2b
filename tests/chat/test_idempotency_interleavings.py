"""Crowds that send the same requests over three replicas, while whatever can fail does.

.venv/bin/pytest tests/chat/test_idempotency_interleavings.py --size 500
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.chat.idempotency.answers import LEASE_SECONDS
from services.trust.principal_tokens import TokenSigner
from tests.turned_clock import TurnedClock
from tests.waiting import until

from .chat_harness import Chat
from .conftest import Serving
from .faults import down
from .idempotent_crowd import AT_ONCE, CLIENTS, ENOUGH, REPLICAS, CapriciousAnswerer, Crowd


@pytest.fixture
def clocked_signer(signer: TokenSigner) -> TokenSigner:
    """By the real clock: where the other one is put forward, tokens of calls that are under way would end."""
    return signer


@pytest.fixture
def chance() -> random.Random:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
async def crowd(serving: Serving, database_url: str, chance: random.Random) -> AsyncIterator[Crowd]:
    answerer = CapriciousAnswerer(chance)
    async with AsyncExitStack() as stack:
        replicas: list[Chat] = []
        for _ in range(REPLICAS):
            beside = replicas[0] if replicas else None
            replica = serving(answerer, database_url=database_url, beside=beside)
            replicas.append(await stack.enter_async_context(replica))
        yield Crowd(replicas, chance)


async def disturb(crowd: Crowd, more: Callable[[], None] = lambda: None) -> None:
    """Lets calls of neighbours fail now and then, or lose their replies, until it is cancelled."""
    quota, retrieval = crowd.replicas[0].quota.faults, crowd.replicas[0].retrieval.faults
    while True:
        await asyncio.sleep(crowd.chance.uniform(0.005, 0.05))
        match crowd.chance.randrange(6):
            case 0:
                retrieval.fail("Search", down(), times=2)
            case 1:
                quota.fail(crowd.chance.choice(["Reserve", "Settle", "Release"]), down(), times=2)
            case 2:
                quota.lose_reply(crowd.chance.choice(["Reserve", "Settle", "Release"]), times=2)
            case 3:
                more()


async def crowd_in(crowd: Crowd, keys: list[str], disturbance: Any) -> None:
    """Sends all requests, some at a time and each from several clients, amid the disturbance."""
    left = iter(keys)

    async def one_after_the_other() -> None:
        for key in left:
            await asyncio.gather(*(crowd.send_again_and_again(key) for _ in range(CLIENTS)))

    disturbing = asyncio.create_task(disturbance)
    try:
        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    finally:
        disturbing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await disturbing
    answerer, quota, retrieval = (getattr(crowd.replicas[0], name) for name in ("answerer", "quota", "retrieval"))
    quota.faults.heal()
    retrieval.faults.heal()
    answerer.good = True
    await until(lambda: answerer.running == 0 and not jobs())


def jobs() -> list[str]:
    """What Chats do in the background."""
    names = {task.get_name() for task in asyncio.all_tasks()}
    return sorted(names & {"release of a credit", "end of an attempt", "memory of a broken turn", "memory of a turn"})


@pytest.mark.timeout(1800)
async def test_whatever_fails_whole_replies_are_equal_and_cost_one_credit(
    crowd: Crowd, size: Callable[[int], int]
) -> None:
    keys = [f"order-{number}" for number in range(size(12))]
    await crowd_in(crowd, keys, disturb(crowd))
    quota = crowd.replicas[0].quota
    assert len(crowd.heard.texts) <= quota.charged <= len(keys)
    for key in keys:
        assert await crowd.send(key, ENOUGH)
        assert all(reply == crowd.heard.whole[key][0] for reply in crowd.heard.whole[key])
        whole = [turn for turn in await crowd.replicas[0].turns(key) if not turn.broken_off]
        assert whole
    await until(lambda: not jobs())
    quota.expire_all()
    assert (quota.charged, quota.held) == (len(keys), 0)


@pytest.mark.timeout(1800)
async def test_attempts_that_were_taken_for_dead_and_credits_that_expire_change_nothing_about_the_price(
    crowd: Crowd, clock: TurnedClock, size: Callable[[int], int]
) -> None:
    keys = [f"order-{number}" for number in range(size(12))]
    quota = crowd.replicas[0].quota

    def put_forward() -> None:
        clock.now += LEASE_SECONDS + 1
        if crowd.chance.random() < 0.5:
            quota.expire_all()

    await crowd_in(crowd, keys, disturb(crowd, put_forward))
    clock.now += LEASE_SECONDS + 1
    for key in keys:
        assert await crowd.send(key, ENOUGH)
        last = crowd.heard.whole[key][-1]
        assert await crowd.send(key, ENOUGH)
        assert crowd.heard.whole[key][-1] == last
    await until(lambda: not jobs())
    quota.expire_all()
    assert (quota.charged, quota.held) == (len(keys), 0)
