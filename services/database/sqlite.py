"""SQLite: one writer beside many readers, in one file per service."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.database.shared_commits import SharedCommits
from services.database.troubles import Troubles

READERS = 4
WAL_ATTEMPTS = 50
WAL_PAUSE_SECONDS = 0.02

Result = TypeVar("Result")


class SqliteBackend:
    """Every write goes through one connection and begins IMMEDIATE, so that writers queue here instead of failing with
    "database is locked"; readers have connections of their own.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._troubles = Troubles(make_url(url).database or "")
        self._write_turn = asyncio.Lock()
        self._read_turns = asyncio.Semaphore(READERS)
        self._direct: _DirectWriter | None = None
        self._commits = SharedCommits(self._transact)
        file = Path(make_url(url).database or "")
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whatever makes it, a command or a service: it is for its owner alone, and the files beside it take after it.
        file.touch(mode=0o600)
        self._writer = _engine(url, pool_size=1, immediate=True)
        self._reader = _engine(url, pool_size=READERS, immediate=False)
        self._here = _look_up_engine(url)

    @asynccontextmanager
    async def write(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database. There is no server that could leave us waiting, so time is not bounded."""
        async with self._write_turn, self._troubles.told(), _connection(self._writer) as connection, connection.begin():
            yield connection

    async def transact(self, work: Callable[[Connection], Result], seconds: float | None) -> Result:
        """See Database. The asynchronous driver changes threads four times a statement; this, once a transaction."""
        async with self._troubles.told():
            return await self._commits.run(work)

    @asynccontextmanager
    async def read(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database: a snapshot from the first statement on."""
        async with self._read_turns, self._troubles.told(), _connection(self._reader) as connection:
            yield connection

    async def look_up_all(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """See Database.

        Runs in this very thread: the rows are in memory nearly always, and handing such a statement to another thread
        and back costs twenty times as much.
        """
        with suppress(DatabaseError), self._here.connect() as connection:
            return connection.execute(statement, parameters).all()
        async with self.read(None) as waiting:
            return (await waiting.execute(statement, parameters)).all()

    async def close(self) -> None:
        """Closes all connections."""
        await self._commits.close()
        if self._direct is not None:
            await self._direct.close()
        await self._writer.dispose()
        self._here.dispose()
        await self._reader.dispose()

    async def _transact(self, work: Callable[[Connection], Result]) -> Result:
        async with self._write_turn:
            if self._direct is None:
                self._direct = _DirectWriter(self._url)
            return await self._direct.run(work)


@asynccontextmanager
async def _connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A caller that is cancelled waits for its connection all the same: one that is left half open is closed by nobody,
    and keeps its lock. It is there soon, since a caller whose turn it is never waits for the pool.
    """
    opening = asyncio.create_task(engine.connect().start())
    try:
        connection = await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(Exception):
            await (await opening).close()
        raise
    async with AsyncExitStack() as stack:
        stack.push_async_exit(connection)
        yield connection


class _DirectWriter:
    """A plain SQLite connection on a thread of its own."""

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._engine = create_engine(
            make_url(url).set(drivername="sqlite"),
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        _configure(self._engine, immediate=True)

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """A caller that is cancelled waits for the thread all the same: until then the connection is not free."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.gather(running, return_exceptions=True)
            raise

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            return work(connection)


def _look_up_engine(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        isolation_level="AUTOCOMMIT",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        # A file that is locked, which in WAL mode is rare, is left to the readers that may wait.
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA query_only=ON")

    return engine


def _engine(url: str, pool_size: int, immediate: bool) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0)
    _configure(engine.sync_engine, immediate)

    @event.listens_for(engine.sync_engine, "invalidate")
    def end_transaction(connection: Any, _: object, __: object) -> None:
        # A statement that a cancelled caller left keeps a closed connection alive, and the lock of its transaction.
        with suppress(SQLAlchemyError, sqlite3.Error):
            connection.rollback()

    return engine


def _use_write_ahead_log(cursor: Any) -> None:
    """The mode stays with the file. Changing it does not wait for others that change it too, so it is tried again."""
    for attempt in range(WAL_ATTEMPTS):
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] == "wal":
            return
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if attempt + 1 == WAL_ATTEMPTS:
                raise
            time.sleep(WAL_PAUSE_SECONDS)


def _configure(engine: Engine, immediate: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        # The driver must not open transactions by itself: `begin` below decides how one begins.
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.execute("PRAGMA secure_delete=ON")  # what is deleted does not linger in the file
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
