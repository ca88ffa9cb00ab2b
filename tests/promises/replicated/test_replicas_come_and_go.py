"""Replicas are killed and restarted under load: what callers see, and what they pay."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from services.edge.admin import EnvoyAdmin
from tests.contract.operator_client import OperatorClient, Tenant
from tests.promises.replicated.replicated_stack import ReplicatedStack
from tests.promises.replicated.steady_load import BROKEN, CALLERS, SteadyLoad, steady_load
from tests.waiting import eventually, until

PAIRS = (("chat", "quota"), ("auth", "retrieval"))
# How long the kernel, Envoy and other services may take to see that a process is gone.
NOTICED = 5.0


async def test_replicas_that_are_killed_fail_only_what_they_were_working_on(
    replicated: ReplicatedStack, operator: OperatorClient
) -> None:
    tenant = operator.tenant("metered", pages=False)
    async with steady_load(replicated.base_url, tenant.key) as load:
        await load.until_answered(10)
        assert load.failed == []
        for services in PAIRS:
            failed_before = len(load.failed)
            for service in services:
                await asyncio.to_thread(replicated.kill_replica, service, 2)
            killed = time.monotonic()
            await load.until_answered(20)
            await asyncio.to_thread(replicated.until_whole)
            await load.until_answered(10)
            failed = load.failed[failed_before:]
            assert len(failed) <= CALLERS, services
            assert {one.status for one in failed} <= {503, 504, BROKEN}, failed
            assert [one for one in failed if one.sent > killed + NOTICED] == [], services
    check_accounts(load, operator, tenant)


@pytest.mark.timeout(600)
async def test_restarting_one_replica_after_the_other_fails_nothing(
    replicated: ReplicatedStack, operator: OperatorClient, size: Callable[[int], int]
) -> None:
    tenant = operator.tenant("metered", pages=False)
    async with steady_load(replicated.base_url, tenant.key) as load:
        for services in PAIRS:
            for number in range(1, size(1) + 1):
                # Of two services at a time, as when both are updated.
                restarts = [
                    asyncio.to_thread(replicated.restart_replica, service, number)
                    for service in services
                    if number <= replicated.replicas[service]
                ]
                await load.until_answered(5)
                await asyncio.gather(*restarts)
        await load.until_answered(10)
    assert load.failed == []
    check_accounts(load, operator, tenant)


async def test_restarting_one_web_after_the_other_fails_no_page(replicated: ReplicatedStack) -> None:
    async with httpx.AsyncClient(base_url=replicated.base_url) as client:
        page = await client.get("/dashboard/sign-in")
        (style,) = re.findall(r'href="(/dashboard/static/\S+\.css)"', page.text)
        statuses, enough = list[int](), asyncio.Event()

        async def keep_looking() -> None:
            while not enough.is_set():
                statuses.append((await client.get(style)).status_code)

        edge = EnvoyAdmin(Path(str(replicated.endpoints["envoy_admin"]).removeprefix("unix:")))
        lookers = [asyncio.create_task(keep_looking()) for _ in range(2)]
        for number in (1, 2):
            await asyncio.to_thread(replicated.restart_replica, "web", number)
            # As an orchestrator does: the next goes when the one before is asked again.
            await until(edge.is_ready, what="the edge's look at all replicas")
        enough.set()
        await asyncio.gather(*lookers)
    assert set(statuses) == {200}
    assert len(statuses) > 100


def check_accounts(load: SteadyLoad, operator: OperatorClient, tenant: Tenant) -> None:
    """Every whole answer cost a credit, of the others only those that broke off after a token."""
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0, 60)
    usage = operator.usage(tenant, "metered")
    assert load.answered <= usage.credits_used <= load.answered + len(load.failed)
    assert usage.credits_remaining == 1_000_000 - usage.credits_used
