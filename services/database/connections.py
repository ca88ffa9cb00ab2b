"""What befalls the connections of a pool to Postgres: broken, stale and late ones are cut."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, ExceptionContext, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.database.outage import Outage

# Firewalls forget connections that were silent for some minutes, and tell nobody.
IDLE_SECONDS = 60.0

DEADLINE = "deadline"
"""What a connection's `info` calls the Deadline that cuts it."""


def driver_of(connection: Connection) -> Any:
    """The connection as asyncpg knows it."""
    return connection.connection.driver_connection


@contextmanager
def cursor_of(connection: Connection) -> Iterator[Any]:
    """A cursor of the driver, in the connection's transaction.

    SQLAlchemy itself takes as long again for a statement as the driver does. Errors are as it has them, and a
    connection that broke is not used again.
    """
    dialect: Any = connection.dialect
    driver = dialect.loaded_dbapi
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except driver.Error as error:
        is_gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        # Cut while it was being used: not closed yet, but broken.
        is_gone |= isinstance(error, driver.InternalClientError)
        if is_gone or isinstance(error, driver.InvalidCachedStatementError):
            driver_of(connection).terminate()
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, driver.Error, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
        ) from error
    except asyncio.CancelledError as left:
        # Perhaps the server has begun a transaction of which nobody here knows. What others commit on this connection
        # would then be part of it, and lost.
        driver_of(connection).terminate()
        connection.invalidate(left)
        raise
    finally:
        cursor.close()


def run_on_server(cursor: Any, text: str, each: Sequence[Sequence[Any]]) -> None:
    """The one place where a text meets Postgres, once or for each of some values."""
    if len(each) > 1:
        cursor.executemany(text, each)
    else:
        cursor.execute(text, each[0])


def watch_over(engine: AsyncEngine, outage: Outage) -> None:
    """Give out no connection that is stale or older than an outage.

    A Deadline ends when the pool has its connection back.
    """

    @event.listens_for(engine.sync_engine, "checkin")
    def checkin(_: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()
        deadline = record.info.pop(DEADLINE, None)
        if deadline is not None:
            deadline.cancel()

    confused = engine.dialect.loaded_dbapi.InternalClientError

    @event.listens_for(engine.sync_engine, "handle_error")
    def handle_error(context: ExceptionContext) -> None:
        # What the driver says when a connection is cut while it is being used: it is not closed yet, but broken.
        if isinstance(context.original_exception, confused) and context.connection is not None:
            driver_of(context.connection).terminate()
            context.is_disconnect = True

    @event.listens_for(engine.sync_engine, "connect")
    def connect(_: Any, record: Any) -> None:
        record.info["outages"] = outage.count

    @event.listens_for(engine.sync_engine, "checkout")
    def checkout(_: Any, record: Any, __: Any) -> None:
        driver = record.driver_connection
        idle_since = record.info.pop("used", None)
        is_stale = idle_since is not None and time.monotonic() - idle_since > IDLE_SECONDS
        if driver.is_closed() or is_stale or record.info["outages"] != outage.count:
            driver.terminate()
            raise DisconnectionError
