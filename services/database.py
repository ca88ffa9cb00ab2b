"""Engines for both modes: SQLite with one writer beside many readers, or Postgres."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, StaticPool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.errors import ChatmountError, ErrorReason

POOL_SIZE = 10
CONNECT_TIMEOUT_SECONDS = 2.0
WAL_ATTEMPTS = 50
WAL_PAUSE_SECONDS = 0.02

Result = TypeVar("Result")


class Database:
    """One service's database.

    On SQLite every write goes through one connection and begins IMMEDIATE, so that writers queue here instead of
    failing with "database is locked"; readers have connections of their own. On Postgres both are one pool, and the
    service's tables live in the schema that carries its name.
    """

    def __init__(self, url: str, service: str) -> None:
        self.url = url
        self.service = service
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._write_turn = asyncio.Lock()
        self._direct: _DirectWriter | None = None
        self._here: Engine | None = None
        if self.is_sqlite:
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
            self._writer = _sqlite_engine(url, pool_size=1, immediate=True)
            self._reader = _sqlite_engine(url, pool_size=4, immediate=False)
            self._here = _sqlite_look_up_engine(url)
        else:
            self._writer = self._reader = create_async_engine(
                url,
                pool_size=POOL_SIZE,
                pool_pre_ping=True,
                pool_timeout=CONNECT_TIMEOUT_SECONDS,
                connect_args={
                    "timeout": CONNECT_TIMEOUT_SECONDS,
                    "server_settings": {"search_path": service, "application_name": f"chatmount-{service}"},
                },
            )

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write: committed on leaving, rolled back on an exception."""
        if self.is_sqlite:
            async with self._write_turn, _as_refusal(), self._writer.begin() as connection:
                yield connection
        else:
            async with _as_refusal(), self._writer.begin() as connection:
                yield connection

    async def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Runs `work` in a transaction that may write: committed when it returns, rolled back when it raises.

        Like `write`, for paths that every request takes: the asynchronous SQLite driver changes threads four times a
        statement, which costs several times what the statement does; this changes once a transaction.
        """
        if not self.is_sqlite:
            async with self.write() as connection:
                return await connection.run_sync(work)
        async with self._write_turn, _as_refusal():
            if self._direct is None:
                self._direct = _DirectWriter(self.url)
            return await self._direct.run(work)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading one consistent snapshot or less."""
        async with _as_refusal(), self._reader.connect() as connection:
            yield connection

    async def look_up(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
    ) -> Row[*tuple[Any, ...]] | None:
        """The first row of a statement that finds little by an index, for the path of every request.

        Sees every commit that has returned, anywhere. On SQLite it runs in this very thread: the row is in memory
        nearly always, and handing such a statement to another thread and back costs twenty times as much.
        """
        rows = await self.look_up_all(statement, parameters)
        return rows[0] if rows else None

    async def look_up_all(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """All rows of such a statement; it must set a limit to them."""
        if self._here is not None:
            with suppress(OperationalError), self._here.connect() as connection:
                return connection.execute(statement, parameters).all()
        async with self.read() as connection:
            return (await connection.execute(statement, parameters)).all()

    async def check(self) -> None:
        """UNAVAILABLE unless the database answers."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        if self._direct is not None:
            await self._direct.close()
        await self._writer.dispose()
        if self._here is not None:
            self._here.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


@asynccontextmanager
async def _as_refusal() -> AsyncIterator[None]:
    try:
        yield
    except (OSError, TimeoutError, PoolTimeoutError) as error:
        raise _unavailable() from error
    except DBAPIError as error:
        if error.connection_invalidated or "OperationalError" in type(error).__name__:
            raise _unavailable() from error
        raise


def _unavailable() -> ChatmountError:
    return ChatmountError(
        ErrorReason.ERROR_REASON_UNAVAILABLE, "The service is temporarily unavailable. Please try again."
    )


def _sqlite_look_up_engine(url: str) -> Engine:
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


class _DirectWriter:
    """A plain SQLite connection on a thread of its own."""

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._engine = create_engine(
            make_url(url).set(drivername="sqlite"),
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        _configure_sqlite(self._engine, immediate=True)

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


def _sqlite_engine(url: str, pool_size: int, immediate: bool) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0)
    _configure_sqlite(engine.sync_engine, immediate)
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


def _configure_sqlite(engine: Engine, immediate: bool) -> None:
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
