"""Postgres goes away under load: 503 within a second, answers 5 seconds after it is back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from threading import Event

import httpx
import pytest

from tests.contract.client import Client, Reply
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.plans import with_plans
from tests.contract.stack import Stack, running
from tests.promises.own_postgres import OwnPostgres, own_postgres
from tests.redis_server import RedisServer
from tests.waiting import PATIENCE, eventually

ASKING = 6
OUTAGE_SECONDS = 2.0
REFUSED_WITHIN_SECONDS = 1.0
BACK_WITHIN_SECONDS = 5.0
TRIES = 3
"""What is late every time is late; what is late once may be the machine."""
LATE_SECONDS = 2.0
"""By how much more a machine may be late for once, on which other tests run: what hangs takes longer."""
ALL_KNOW_SECONDS = 0.5
"""Each process finds out by itself that the database is away or back, so long after the first at the latest."""
SETTLING_SECONDS = 8.0
"""How long a request may take whose answer was ready when the database went: it tries for a while to charge it."""


@dataclass(frozen=True)
class Asked:
    began: float
    ended: float
    reply: Reply

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def is_answered(self) -> bool:
        reply = self.reply
        return reply.status == 200 and (not reply.events or reply.events[-1]["type"] == "done")


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def own_stack(postgres: OwnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outage")
    with RedisServer() as redis:
        environment = {
            **with_plans(folder),
            "CHATMOUNT_DATABASE_URL": postgres.url,
            "CHATMOUNT_REDIS_URL": redis.url,
            "CHATMOUNT_RESERVATION_SECONDS": "10",
        }
        with running(Stack(folder / "home", environment)) as stack:
            yield stack


@pytest.fixture
def client(own_stack: Stack) -> Iterator[Client]:
    client = Client(own_stack.base_url)
    yield client
    client.close()


def stopped(postgres: OwnPostgres) -> Callable[[], None]:
    postgres.stop("immediate")
    return postgres.start


def killed(postgres: OwnPostgres) -> Callable[[], None]:
    postgres.kill()
    return postgres.start


def hanging(postgres: OwnPostgres) -> Callable[[], None]:
    postgres.freeze()
    return postgres.thaw


@pytest.mark.parametrize("outage", [stopped, killed, hanging])
def test_requests_are_refused_in_time_and_served_again_and_every_credit_is_accounted_for(
    own_stack: Stack,
    client: Client,
    postgres: OwnPostgres,
    outage: Callable[[OwnPostgres], Callable[[], None]],
    size: Callable[[int], int],
) -> None:
    operator = OperatorClient(own_stack)
    tenant = operator.tenant("metered")
    everything = list[Asked]()

    def is_well() -> bool:
        # Where the machine stands still, Postgres is away for a moment already.
        everything.append(ask(client, tenant, len(everything)))
        return sum(asked.is_answered for asked in everything) == 10

    eventually(is_well)
    for _ in range(size(1)):
        late = list[str]()
        for _ in range(TRIES):
            asked, late = one_outage(client, tenant, lambda: outage(postgres))
            everything += asked
            if not late:
                break
        assert late == []
    accounts_are_exact(own_stack, operator, tenant, everything)


def one_outage(
    client: Client, tenant: Tenant, begin: Callable[[], Callable[[], None]]
) -> tuple[list[Asked], list[str]]:
    """All that was asked before, while and after the database was away, and what was late."""
    enough, asked = Event(), list[Asked]()
    with ThreadPoolExecutor(ASKING) as pool:
        futures = [pool.submit(keep_asking, client, tenant, number, enough, asked) for number in range(ASKING)]
        try:
            eventually(lambda: len(asked) >= 2 * ASKING, 60)
            end = begin()
            away = time.monotonic()
            time.sleep(OUTAGE_SECONDS)
            coming_back = time.monotonic()
            end()
            back = time.monotonic()
            eventually(lambda: any(one.is_answered and one.began >= back for one in asked), 60)
            time.sleep(ALL_KNOW_SECONDS * 2)
        finally:
            enough.set()
        for future in futures:
            future.result(timeout=PATIENCE)
    assert {one.reply.status for one in asked} <= {200, 503}
    # What this machine, busy as it is now, takes for an answer when all is well.
    usual = max(one.seconds for one in asked if one.ended < away)
    unsettled = max(one.seconds for one in asked if one.began < away)
    in_time = {
        "settled": unsettled < SETTLING_SECONDS + usual + LATE_SECONDS,
        **refused([one for one in asked if away <= one.began and one.ended < coming_back], usual),
        **served_again([one for one in asked if one.began >= back], back, usual),
    }
    return asked, [what for what, is_in_time in in_time.items() if not is_in_time]


def refused(asked: list[Asked], usual: float) -> dict[str, bool]:
    """What is in time of the refusals during an outage."""
    for one in asked:
        assert one.reply.status == 503
        assert one.reply.error
        assert int(one.reply.headers["retry-after"]) >= 1
    # Only the first ones had to find out.
    found_out = min((one.ended for one in asked), default=0.0)
    later = [one.seconds for one in asked if one.began > found_out + ALL_KNOW_SECONDS]
    return {
        "many are refused": len(asked) > ASKING and bool(later),
        "refused": all(one.seconds < REFUSED_WITHIN_SECONDS + usual + LATE_SECONDS for one in asked),
        "refused at once": median(later or [0.0]) < 0.3 + usual,
    }


def served_again(asked: list[Asked], back: float, usual: float) -> dict[str, bool]:
    """What is in time of the answers after an outage."""
    first = min(one.ended for one in asked if one.is_answered)
    later = [one for one in asked if one.began > first + ALL_KNOW_SECONDS]
    return {
        "served again": first - back < BACK_WITHIN_SECONDS + usual + LATE_SECONDS,
        "all are served again": bool(later) and all(one.is_answered for one in later),
    }


def accounts_are_exact(stack: Stack, operator: OperatorClient, tenant: Tenant, asked: list[Asked]) -> None:
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0)
    usage = stack.json("usage", "--account", tenant.account_id)
    assert usage["credits_used"] == sum(one.is_answered for one in asked)
    assert usage["credits_remaining"] == 1_000_000 - usage["credits_used"]


def keep_asking(client: Client, tenant: Tenant, number: int, enough: Event, asked: list[Asked]) -> None:
    while not enough.is_set():
        asked.append(ask(client, tenant, number))
        time.sleep(0.05)


def ask(client: Client, tenant: Tenant, number: int) -> Asked:
    began = time.monotonic()
    try:
        reply = client.ask(key=tenant.key, stream=number % 2 == 1)
    except (httpx.HTTPError, AssertionError) as error:
        raise AssertionError(f"after {time.monotonic() - began:.2f} s: {error!r}") from error
    return Asked(began, time.monotonic(), reply)
