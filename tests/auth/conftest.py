"""Fixtures of the Auth tests; see auth_harness.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from auth_harness import NOW, SECRET, Auth, ScriptedQuota, serving_auth
from chatmount.quota.v1 import quota_pb2_grpc

from services.auth.store import AuthStore
from services.config.plans import DEFAULT_PLANS, Plan, Plans
from services.database import Database
from services.database.migrations import migrate
from services.trust.principal_tokens import TokenSigner
from tests.serving import serving
from tests.turned_clock import TurnedClock

# What is tested is what is stored, not how fast a busy machine does it.
PATIENT_SECONDS = 30.0


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(NOW)


@pytest.fixture
def clocked_signer(clock: TurnedClock) -> TokenSigner:
    return TokenSigner([SECRET], clock)


@pytest.fixture
def plans() -> Plans:
    return {**DEFAULT_PLANS, "single": Plan("single", 10, 100, 100, 1)}


@pytest.fixture
async def quota(clocked_signer: TokenSigner) -> AsyncIterator[tuple[ScriptedQuota, str]]:
    """A scripted Quota behind the real interceptor, and its address."""
    scripted = ScriptedQuota()
    registration = (scripted, quota_pb2_grpc.add_QuotaServiceServicer_to_server)
    async with serving(clocked_signer, registration) as address:
        yield scripted, address


@pytest.fixture
async def auth(
    tmp_path: Path,
    clocked_signer: TokenSigner,
    clock: TurnedClock,
    plans: Plans,
    quota: tuple[ScriptedQuota, str],
    quick_passwords: None,
) -> AsyncIterator[Auth]:
    """Auth on SQLite."""
    async with serving_auth("", tmp_path, clocked_signer, clock, plans, quota) as running:
        yield running


@pytest.fixture
async def replicas(
    database_url: str,
    tmp_path: Path,
    clocked_signer: TokenSigner,
    clock: TurnedClock,
    plans: Plans,
    quota: tuple[ScriptedQuota, str],
    quick_passwords: None,
) -> AsyncIterator[tuple[Auth, Auth]]:
    """Two Auth servers on one database, once of each kind."""
    parts = (database_url, tmp_path, clocked_signer, clock, plans, quota)
    async with serving_auth(*parts) as first, serving_auth(*parts) as second:
        yield first, second


@pytest.fixture
def tables_of() -> str:
    return "auth"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with Auth's tables, once of each kind."""
    opened = Database(database_url, "auth", seconds=PATIENT_SECONDS)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> AuthStore:
    return AuthStore(database)
