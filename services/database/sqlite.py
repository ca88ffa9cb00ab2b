"""SQLite: one writer beside many readers, in one file per service."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, PoolProxiedConnection, Select, make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.database.failures import Failures
from services.database.reading import Reading
from services.database.records import Parameters, Rows
from services.database.sqlite_engines import (
    BUSY_MS,
    LONG_BUSY_MS,
    fetching_engine,
    look_up_engine,
    pooled_engine,
)
from services.database.sqlite_writer import SqliteWriter
from services.database.statements import Statements

READERS = 4
INTERRUPT_SECONDS = 0.02

Result = TypeVar("Result")


class SqliteBackend:
    """One writer at a time, which begins IMMEDIATE, and readers with connections of their own.

    So writers queue here instead of failing with "database is locked".
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._failures = Failures(make_url(url).database or "")
        self._write_turn = asyncio.Lock()
        self._read_turns = asyncio.Semaphore(READERS)
        file = Path(make_url(url).database or "")
        file.parent.mkdir(parents=True, exist_ok=True)
        # It is for its owner alone, and SQLite makes the files beside it in the same way.
        file.touch(mode=0o600)
        self._writer = pooled_engine(url, pool_size=1, immediate=True)
        self._writer_on_thread = SqliteWriter(url)
        self._reader = pooled_engine(url, pool_size=READERS, immediate=False)
        self._reader_threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._reader_on_threads = fetching_engine(url, READERS)
        self._here = look_up_engine(url)
        self._opened_here: PoolProxiedConnection | None = None
        self._look_ups = Statements(self._here.dialect)

    @asynccontextmanager
    async def write(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database. Only the wait for a lock has an end, as there is no server."""
        async with self._write_turn, self._failures.refused(), _connection(self._writer) as connection:
            await _wait_at_most(connection, LONG_BUSY_MS if seconds is None else BUSY_MS)
            async with connection.begin():
                yield connection

    async def transact(self, work: Callable[[Connection], Result], seconds: float | None) -> Result:
        """See Database. It must not be cancelled.

        The asynchronous driver changes threads four times a statement; this, once a transaction.
        """
        async with self._write_turn, self._failures.refused():
            return await self._writer_on_thread.transact(work)

    @asynccontextmanager
    async def read(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database: a snapshot from the first statement on."""
        async with self._read_turns, self._failures.refused(), _connection(self._reader) as connection:
            yield connection

    async def look_up_all(self, statement: Select[*tuple[Any, ...]], parameters: Parameters) -> Rows:
        """See Database.

        Runs in this very thread: the rows are in memory nearly always, and handing such a statement to another thread
        and back costs twenty times as much.
        """
        with suppress(sqlite3.Error, DatabaseError):
            self._opened_here = self._opened_here or self._here.raw_connection()
            driver: Any = self._opened_here.driver_connection
            return self._look_ups.all(driver, statement, parameters)
        async with self.read(None) as waiting:
            return (await waiting.execute(statement, parameters)).all()

    async def fetch(self, statement: Executable, parameters: Parameters, seconds: float | None) -> Rows:
        """See Database. It changes threads once, as `transact` does."""
        reading = Reading(self._reader_on_threads, statement, parameters)
        loop = asyncio.get_running_loop()
        async with self._failures.refused():
            try:
                return await loop.run_in_executor(self._reader_threads, reading.rows)
            except asyncio.CancelledError:
                _break_off(reading, loop)
                raise

    async def close(self) -> None:
        """Closes all connections."""
        await self._writer_on_thread.close()
        await self._writer.dispose()
        if self._opened_here is not None:
            self._opened_here.close()
        self._here.dispose()
        # It waits for what still runs, which only the loop breaks off.
        await asyncio.to_thread(self._reader_threads.shutdown)
        self._reader_on_threads.dispose()
        await self._reader.dispose()


def _break_off(reading: Reading, loop: asyncio.AbstractEventLoop) -> None:
    # Again and again, as an interruption just before the statement begins is lost.
    if reading.interrupt():
        loop.call_later(INTERRUPT_SECONDS, _break_off, reading, loop)


@asynccontextmanager
async def _connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool, which a caller that is cancelled waits for all the same.

    One that is left half open is closed by nobody, and keeps its lock. It is there soon, since a caller whose turn it
    is never waits for the pool.
    """
    opening = asyncio.create_task(engine.connect().start())
    try:
        connection = await asyncio.shield(opening)
    except asyncio.CancelledError:
        closing = asyncio.create_task(_close(opening))
        # Who is cancelled once may be cancelled again.
        while not closing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(closing)
        raise
    async with AsyncExitStack() as stack:
        stack.push_async_exit(connection)
        yield connection


async def _close(opening: asyncio.Task[AsyncConnection]) -> None:
    with suppress(Exception):
        await (await opening).close()


async def _wait_at_most(connection: AsyncConnection, busy_ms: int) -> None:
    # Of the driver itself: here, a statement would begin the transaction, which is what waits.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute_fetchall(f"PRAGMA busy_timeout={busy_ms}")
