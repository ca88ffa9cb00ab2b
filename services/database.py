"""Engines for both modes: SQLite with one writer beside many readers, or Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.errors import ChatmountError, ErrorReason

POOL_SIZE = 10
CONNECT_TIMEOUT_SECONDS = 2.0


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
        if self.is_sqlite:
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
            self._writer = _sqlite_engine(url, pool_size=1, immediate=True)
            self._reader = _sqlite_engine(url, pool_size=4, immediate=False)
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

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading one consistent snapshot or less."""
        async with _as_refusal(), self._reader.connect() as connection:
            yield connection

    async def check(self) -> None:
        """UNAVAILABLE unless the database answers."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


@asynccontextmanager
async def _as_refusal() -> AsyncIterator[None]:
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise _unavailable() from error
    except DBAPIError as error:
        if error.connection_invalidated or "OperationalError" in type(error).__name__:
            raise _unavailable() from error
        raise


def _unavailable() -> ChatmountError:
    return ChatmountError(
        ErrorReason.ERROR_REASON_UNAVAILABLE, "The service is temporarily unavailable. Please try again."
    )


def _sqlite_engine(url: str, pool_size: int, immediate: bool) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        # The driver must not open transactions by itself: `begin` below decides how one begins.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        cursor.execute("PRAGMA secure_delete=ON")  # what is deleted does not linger in the file
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
