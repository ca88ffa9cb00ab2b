"""Services that die under load: clear errors, recovery, no credit lost or invented."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import httpx
import pytest

from services.trust.principal import SERVICES
from tests.waiting import PATIENCE, eventually

from .client import Client, Reply
from .operator_client import OperatorClient
from .stack import Stack

# Of the full mode, with several replicas, tests/promises/replicated asks the same.
MODES = ("embedded",)
CALLERS = 6


@pytest.fixture
def patient_client(client: Client) -> Iterator[Client]:
    """The shared client; afterwards the stack is whole again for the tests that follow."""
    yield client
    eventually(lambda: client.ask().status == 200)


@dataclass
class Load:
    """What clients saw who asked without an end, and how many of their streams broke off."""

    client: Client
    key: str
    enough: Event = field(default_factory=Event)
    seen: list[Reply] = field(default_factory=list)
    broken: int = 0

    @property
    def whole(self) -> int:
        """How many whole answers there were."""
        ended = [reply for reply in self.seen if not reply.events or reply.events[-1]["type"] == "done"]
        return sum(reply.status == 200 for reply in ended)

    def keep_asking(self, number: int) -> None:
        while not self.enough.is_set():
            try:
                self.seen.append(self.client.ask(key=self.key, stream=number % 2 == 1))
            except (httpx.RemoteProtocolError, httpx.ReadError, AssertionError):
                self.broken += 1  # a stream that was cut off after its first event
            time.sleep(0.02)


@contextmanager
def under_load(client: Client, key: str) -> Iterator[Load]:
    load = Load(client, key)
    with ThreadPoolExecutor(CALLERS) as pool:
        futures = [pool.submit(load.keep_asking, number) for number in range(CALLERS)]
        try:
            eventually(lambda: load.whole >= 5)
            yield load
        finally:
            load.enough.set()
        for future in futures:
            future.result(timeout=PATIENCE)


def test_a_service_that_is_killed_comes_back_and_no_credit_is_lost_or_invented(
    stack: Stack, patient_client: Client, operator: OperatorClient
) -> None:
    tenant = operator.tenant("metered", pages=False)
    with under_load(patient_client, tenant.key) as load:
        for service in SERVICES:
            stack.kill(service)
            whole = load.whole
            # Those that were under way may still be answered: so many more than there are callers are new ones.
            eventually(lambda whole=whole: load.whole > whole + CALLERS, what=f"an answer without {service}")  # type: ignore[misc]

    assert {reply.status for reply in load.seen} <= {200, 503, 504}
    for reply in load.seen:
        if reply.status != 200:
            assert reply.error
            assert int(reply.headers["retry-after"]) >= 1
            assert reply.headers["x-ratelimit-limit"].isdigit()

    # Reservations of requests that died with their service end by themselves.
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0)
    usage = operator.usage(tenant, "metered")
    assert load.whole <= usage.credits_used <= load.whole + CALLERS * len(SERVICES) + load.broken
    assert usage.credits_remaining == 1_000_000 - usage.credits_used
