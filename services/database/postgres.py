"""Postgres: one pool, a schema per service, and no wait without an end.

A server that hangs says nothing, so every transaction has a deadline. At the deadline the connection is cut, not asked:
asking (a cancel request, a rollback) would wait for the same server. What was in progress then fails like on any broken
connection; a commit whose reply did not come is an error too, whatever became of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, NullPool, Select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from services.database.connections import DEADLINE, driver_of, watch_over
from services.database.deadline import Deadline
from services.database.failures import Failures
from services.database.outage import Outage
from services.database.records import Parameters, Rows
from services.database.refusals import describe, is_away, is_deadlock
from services.database.statements import fetch, rows
from services.observe.metrics import show_pool

PATIENT_SECONDS = 10.0
"""Where nobody says how long a transaction may take. The services always say: the setting."""
DEFAULT_CONNECTIONS = 10
LONG_SECONDS = 60.0
"""For transactions that write as much as somebody has put in: a source with its passages, all of a chatbot."""

# A replica that froze in the middle of a transaction holds its locks no longer than this.
IDLE_IN_TRANSACTION_MS = 10_000

# At once, a transaction might take again what the others are being woken for.
DEADLOCK_PAUSES = (0.02, 0.1)
TOO_LATE = "the database did not answer in time"

Result = TypeVar("Result")


class PostgresBackend:
    """`seconds` is how long a transaction may take, the wait for a connection included."""

    def __init__(self, url: str, service: str, seconds: float, connections: int) -> None:
        self._seconds = seconds
        self._failures = Failures()
        self._outage = Outage(self._probe)
        arguments = {
            "timeout": max(seconds, 1.0),
            "server_settings": {
                "search_path": service,
                "application_name": f"chatmount-{service}",
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            },
        }
        self._engine = create_async_engine(
            url, pool_size=connections, max_overflow=0, pool_timeout=None, connect_args=arguments, hide_parameters=True
        )
        show_pool(service, connections, self._engine.pool)
        # One statement is a snapshot of its own: no BEGIN and ROLLBACK around it.
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._probing = create_async_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
        for engine in (self._engine, self._probing):
            watch_over(engine, self._outage)

    @asynccontextmanager
    async def write(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database."""
        async with self._connected(seconds) as connection, connection.begin():
            await _allow_pauses(connection, seconds)
            yield connection

    async def transact(self, work: Callable[[Connection], Result], seconds: float | None) -> Result:
        """See Database. What Postgres ended for a deadlock runs again."""
        async with self._guarded():
            for pause in DEADLOCK_PAUSES:
                try:
                    return await self._transact_once(work, seconds)
                except Exception as error:
                    if not is_deadlock(error):
                        raise
                await asyncio.sleep(pause)
            return await self._transact_once(work, seconds)

    @asynccontextmanager
    async def read(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        """See Database: each statement sees what is committed when it begins."""
        async with self._connected(seconds) as connection:
            await _allow_pauses(connection, seconds)
            yield connection

    async def look_up_all(self, statement: Select[*tuple[Any, ...]], parameters: Parameters) -> Rows:
        """See Database."""
        return await self._single_read(lambda connection: rows(connection, statement, parameters), self._seconds)

    async def fetch(self, statement: Executable, parameters: Parameters, seconds: float | None) -> Rows:
        """See Database."""
        return await self._single_read(lambda connection: fetch(connection, statement, parameters), seconds)

    async def close(self) -> None:
        """Closes all connections."""
        await self._outage.close()
        await self._engine.dispose()
        await self._probing.dispose()

    async def _transact_once(self, work: Callable[[Connection], Result], seconds: float | None) -> Result:
        async with self._open(self._engine, seconds) as connection, connection.begin():
            await _allow_pauses(connection, seconds)
            return await connection.run_sync(work)

    async def _single_read(self, read: Callable[[Connection], Rows], seconds: float | None) -> Rows:
        async with self._guarded():
            try:
                return await self._read_once(read, seconds)
            except DBAPIError as error:
                if not is_away(error):
                    raise
            # The connection broke since it was last used. Reading twice does no harm, and others may work.
            return await self._read_once(read, seconds)

    async def _read_once(self, read: Callable[[Connection], Rows], seconds: float | None) -> Rows:
        # All in one greenlet: opening and closing an AsyncConnection takes longer than the rest.
        def open_and_read() -> Rows:
            with self._single.sync_engine.connect() as connection:
                _hand_over(deadline, connection)
                if seconds != self._seconds:
                    deadline.restart(seconds)
                return read(connection)

        deadline = Deadline(self._seconds)
        try:
            async with asyncio.timeout(None) as waiting:
                deadline.then(lambda: waiting.reschedule(0))
                return await greenlet_spawn(open_and_read)
        except Exception as error:
            if deadline.has_passed:
                raise TimeoutError(TOO_LATE) from error
            raise
        finally:
            deadline.cancel()

    @asynccontextmanager
    async def _connected(self, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        async with self._guarded(), self._open(self._engine, seconds) as connection:
            yield connection

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        async with self._failures.refused():
            await self._outage.pass_or_refuse()
            try:
                yield
            except Exception as error:
                if is_away(error):
                    self._outage.begin(describe(error))
                raise

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine, seconds: float | None) -> AsyncIterator[AsyncConnection]:
        # A connection is never long in coming, whatever is done with it then.
        deadline = Deadline(self._seconds)
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(None) as waiting:
                        deadline.then(lambda: waiting.reschedule(0))
                        connection = await stack.enter_async_context(engine.connect())
                except BaseException:
                    deadline.cancel()
                    raise
                _hand_over(deadline, connection.sync_connection)
                if seconds != self._seconds:
                    deadline.restart(seconds)
                yield connection
        except Exception as error:
            if deadline.has_passed:
                raise TimeoutError(TOO_LATE) from error
            raise

    async def _probe(self) -> None:
        async with self._open(self._probing, self._seconds) as connection:
            await connection.execute(text("SELECT 1"))


def _hand_over(deadline: Deadline, connection: Connection | None) -> None:
    """From now on the deadline cuts the connection, and ends when the pool has it back.

    Not when the caller is done with it: one that was cancelled leaves a rollback behind, which may hang as well.
    """
    if connection is None:
        raise RuntimeError("a connection that was just opened is closed")
    connection.info[DEADLINE] = deadline
    deadline.then(driver_of(connection).terminate)


async def _allow_pauses(connection: AsyncConnection, seconds: float | None) -> None:
    if seconds is None:
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
