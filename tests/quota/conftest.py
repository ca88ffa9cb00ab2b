"""A ledger on a real database, and Quota behind a real gRPC server."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chatmount.quota.v1 import quota_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2_grpc
from sqlmodel import select

from services.config.plans import load_plans
from services.config.settings import Settings, load_settings
from services.database import Database
from services.database.migrations import migrate
from services.database.records import rows_in
from services.quota.build import open_quota
from services.quota.ledger.entry import Entry, Owner
from services.quota.ledger.operations import Reserve
from services.quota.store.ledger import MAXIMUM_SHARED, Ledger, LedgerStore
from services.quota.store.ledger_rows import as_entry
from services.quota.store.reconciliation import reconcile
from services.quota.store.tables import LedgerEntryRow
from services.rpc.server import start_server
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.ready_tables import lay_tables
from tests.turned_clock import TurnedClock, at

PATIENT = 30.0
"""Seconds for a transaction where no outage is tried: a busy machine is none."""


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(at("2026-11-23 10:00:00"))


@pytest.fixture
def tables_of() -> str:
    return "quota"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Quota's tables on SQLite, and again on Postgres."""
    opened = Database(database_url, "quota", seconds=PATIENT)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database, clock: TurnedClock) -> LedgerStore:
    return LedgerStore(database, clock)


@pytest.fixture
async def ledger(store: LedgerStore) -> AsyncIterator[Ledger]:
    opened = store.open()
    yield opened
    await opened.close()


@dataclass(frozen=True)
class Replica:
    """A Quota beside others on one database."""

    store: LedgerStore
    ledger: Ledger


@asynccontextmanager
async def replicas(
    database: Database, clock: TurnedClock, count: int = 3, shared: int = MAXIMUM_SHARED
) -> AsyncIterator[list[Replica]]:
    databases = [Database(database.url, "quota", seconds=PATIENT) for _ in range(count)]
    stores = [LedgerStore(each, clock) for each in databases]
    opened = [Replica(store, store.open(shared)) for store in stores]
    yield opened
    for replica, each in zip(opened, databases, strict=True):
        await replica.ledger.close()
        await each.close()


OWNER = Owner("acct_1", "bot_1", "key_1", "api")


def reserve(
    owner: Owner = OWNER,
    month: int | None = 1500,
    day: int = 10_000,
    ttl: int = 60,
    request_id: str = "req",
    budget: int | None = None,
) -> Reserve:
    """A reservation on a plan with these limits."""
    return Reserve(owner, request_id, ttl, month, day, channel_budget=budget)


async def entries_of(database: Database) -> list[Entry]:
    async with database.read() as connection:
        return [as_entry(row) for row in (await rows_in(connection).exec(select(LedgerEntryRow))).all()]


async def assert_balanced(database: Database) -> None:
    """Every total is the sum of its entries, and no entry is without one."""
    found = await reconcile(database, "", "", 1000)
    assert (found.drifts, found.last) == ((), "")


CALLER = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")
OPERATOR = Principal(Role.ROLE_OPERATOR, account_id="acct_1", plan="plus")
MEMBER = Principal(Role.ROLE_MEMBER, "acct_1", "bot_1", plan="plus", subject="usr_1", member_role="MEMBER_ROLE_EDITOR")
EDGE = Principal(Role.ROLE_EDGE)
SERVICE = Principal(Role.ROLE_SERVICE)


@dataclass(frozen=True)
class Served:
    """A running Quota; `quota` and `limiter` make stubs that speak for a principal."""

    address: str
    quota: Callable[[Principal], Any]
    limiter: Callable[[Principal], Any]


@asynccontextmanager
async def serve(settings: Settings, signer: TokenSigner, clock: TurnedClock) -> AsyncIterator[Served]:
    channels: dict[Principal, Any] = {}
    lay_tables(settings.service_database_url("quota"), "quota")
    async with open_quota(settings, load_plans(settings.plans_file), clock, sweep_seconds=0.02) as registrations:
        server, port, _ = await start_server("127.0.0.1:0", registrations, signer)
        address = f"127.0.0.1:{port}"

        def channel(principal: Principal) -> Any:
            if principal not in channels:
                channels[principal] = open_channel(address, signer, lambda: principal)
            return channels[principal]

        try:
            yield Served(
                address,
                lambda principal: quota_pb2_grpc.QuotaServiceStub(channel(principal)),
                lambda principal: rls_pb2_grpc.RateLimitServiceStub(channel(principal)),
            )
        finally:
            for opened in channels.values():
                await opened.close()
            await server.stop(grace=None)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a Quota on each kind of database, with a small plan for the tests' sake."""
    plans = tmp_path / "plans.toml"
    row = "requests_per_minute = {}\nrequests_per_day = {}\nkeys_per_chatbot = {}\n"
    plans.write_text(
        "[seven]\ncredits_per_month = 7\n" + row.format(60, 1000, 15)
        + "[plus]\ncredits_per_month = 1500\n" + row.format(60, 10_000, 15)
        + "[enterprise]\n" + row.format(200, 50_000, 50)
        + "[free]\ncredits_per_month = 50\n" + row.format(0, 100, 0)
        + "[generous]\ncredits_per_month = 50\nwidget_credits_per_day = 77\n" + row.format(0, 100, 0)
    )  # fmt: skip
    environment = {
        "CHATMOUNT_HOME": str(tmp_path),
        "CHATMOUNT_PLANS_FILE": str(plans),
        "CHATMOUNT_DATABASE_TIMEOUT_MS": str(int(PATIENT * 1000)),
    }
    if database_url.startswith("postgresql"):
        environment["CHATMOUNT_DATABASE_URL"] = database_url
    return load_settings(environment)


@pytest.fixture
async def served(settings: Settings, signer: TokenSigner, clock: TurnedClock) -> AsyncIterator[Served]:
    async with serve(settings, signer, clock) as running:
        yield running
