"""No drift, over-admission, double charge or lost release, whatever is killed meanwhile.

.venv/bin/pytest tests/promises/credits/test_chaos.py --size 100000
"""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.trust.principal import Principal, Role
from tests.channels import open_channel
from tests.promises.credits.quota_replicas import QuotaReplicas, quota_replicas
from tests.promises.credits.story import DAY_CAP, PLAN, PLANS, POOL, Crowd, Fate, Knowledge, tenants
from tests.promises.own_postgres import own_postgres
from tests.waiting import until

REPLICAS = 3
CALLERS = 24
SETTLED_SECONDS = 90.0


async def cause_trouble(replicas: QuotaReplicas, crowd: Crowd, chance: random.Random, done: Counter[str]) -> None:
    """One trouble after each few calls until it is cancelled; every kind as often as the others."""
    kinds = ["kill", "kill", "stop", "freeze", "flush", "pause"]
    while True:
        for kind in chance.sample(kinds, len(kinds)):
            after = crowd.knowledge.operations + chance.randrange(10, 40)
            await until(lambda after=after: crowd.knowledge.operations >= after)  # type: ignore[misc]
            done[kind] += 1
            match kind:
                case "kill":
                    replicas.kill(chance.randrange(REPLICAS))
                case "stop":
                    await asyncio.to_thread(replicas.postgres.stop, chance.choice(["immediate", "fast"]))
                    await asyncio.sleep(chance.uniform(0.1, 1.0))
                    await asyncio.to_thread(replicas.postgres.start)
                case "freeze":
                    replicas.postgres.freeze()
                    await asyncio.sleep(chance.uniform(0.1, 1.5))
                    replicas.postgres.thaw()
                case "flush":
                    replicas.redis.flush()
                case "pause":
                    with replicas.redis_paused():
                        await asyncio.sleep(chance.uniform(0.05, 0.5))


@pytest.mark.timeout(6 * 3600)
async def test_whatever_is_killed_every_credit_is_where_its_callers_know_it_to_be(
    tmp_path: Path, size: Callable[[int], int]
) -> None:
    operations = size(400)
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    # So that most pools are used up: what is refused and what was given back must be exact as well.
    customers = tenants(max(operations // (8 * POOL), 2))
    done: Counter[str] = Counter()
    with own_postgres() as postgres:
        async with quota_replicas(tmp_path, REPLICAS, postgres, PLANS) as replicas:
            crowd = Crowd(replicas.addresses, replicas.signer, customers, seed)
            trouble = asyncio.create_task(cause_trouble(replicas, crowd, chance, done))
            try:
                await crowd.spend(operations, CALLERS)
                while not trouble.done() and not set(done) >= {"kill", "stop", "freeze"}:
                    await crowd.spend(crowd.knowledge.operations + 100, CALLERS)
            finally:
                trouble.cancel()
                (end,) = await asyncio.gather(trouble, return_exceptions=True)
                replicas.postgres.thaw()
                await asyncio.to_thread(replicas.postgres.start)
            # Without trouble to the end, what is right below proves little.
            assert isinstance(end, asyncio.CancelledError), end
            await replicas.until_serving()
            await hold_against(crowd.knowledge, replicas, customers)
    print(dict(done), dict(crowd.knowledge.count()), f"{crowd.knowledge.unanswered} calls went unanswered")


async def hold_against(knowledge: Knowledge, replicas: QuotaReplicas, customers: list[Principal]) -> None:
    """The ledger against what the callers know."""
    assert knowledge.admitted_too_many == []
    known = {account: {} for account in {customer.account_id for customer in customers}}  # type: ignore[var-annotated]
    for reservation, (customer, fate) in knowledge.fates.items():
        known[customer.account_id][reservation] = (customer, fate)
    addresses = ",".join(replicas.addresses)
    charged_in_all = 0
    for account, fates in known.items():
        operator = Principal(Role.ROLE_OPERATOR, account, plan=PLAN)
        async with open_channel(addresses, replicas.signer, lambda operator=operator: operator) as channel:
            stub = quota_pb2_grpc.QuotaServiceStub(channel)
            usage = await until_nothing_is_reserved(stub)
            states = {row.id: row for row in await all_entries(stub)}
            for reservation, (customer, fate) in fates.items():
                row = states.get(reservation)
                state = quota_pb2.LedgerState.Name(row.state).removeprefix("LEDGER_STATE_") if row else ""
                assert state in fate.value, (reservation, fate, state)
                assert row is None or (row.chatbot_id, row.amount) == (customer.chatbot_id, 1)
            assert set(states) <= set(fates)
            charged = [row for row in states.values() if row.state == quota_pb2.LEDGER_STATE_SETTLED]
            certain = sum(fate is Fate.CHARGED for _, fate in fates.values())
            perhaps = sum(fate is Fate.PERHAPS_CHARGED for _, fate in fates.values())
            assert certain <= len(charged) <= certain + perhaps
            assert len(charged) <= POOL
            assert max(Counter(row.chatbot_id for row in charged).values(), default=0) <= DAY_CAP
            assert (usage.credits_used, usage.credits_remaining) == (len(charged), POOL - len(charged))
            charged_in_all += len(charged)
    assert charged_in_all > 0
    everything = Principal(Role.ROLE_OPERATOR)
    async with open_channel(addresses, replicas.signer, lambda: everything) as channel:
        stub = quota_pb2_grpc.QuotaServiceStub(channel)
        token, accounts = "", 0
        while True:
            page = await stub.VerifyLedger(quota_pb2.VerifyLedgerRequest(page_token=token))
            assert list(page.drifts) == []
            accounts += page.accounts
            token = page.next_page_token
            if not token:
                break
    assert accounts == len(known)


async def until_nothing_is_reserved(stub: "quota_pb2_grpc.QuotaServiceAsyncStub") -> quota_pb2.GetUsageResponse:
    """The usage when the sweep has given back what nobody decided."""
    async with asyncio.timeout(SETTLED_SECONDS):
        while True:
            usage = await stub.GetUsage(quota_pb2.GetUsageRequest(), wait_for_ready=True)
            if usage.credits_reserved == 0:
                return usage
            await asyncio.sleep(0.2)


async def all_entries(stub: "quota_pb2_grpc.QuotaServiceAsyncStub") -> list[quota_pb2.LedgerEntry]:
    entries: list[quota_pb2.LedgerEntry] = []
    token = ""
    while True:
        page = await stub.ListLedgerEntries(quota_pb2.ListLedgerEntriesRequest(page_size=1000, page_token=token))
        entries += page.entries
        token = page.next_page_token
        if not token:
            return entries
