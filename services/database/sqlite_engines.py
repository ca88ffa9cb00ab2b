"""Engines for a SQLite file: what is durable, how a transaction begins, how long it waits."""

import sqlite3
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WAL_SECONDS = 30.0
WAL_PAUSE_SECONDS = 0.02
# How long a transaction waits for one of another process, and one that may rightly take long.
BUSY_MS, LONG_BUSY_MS = 5_000, 120_000


def look_up_engine(url: str) -> Engine:
    """For reading in the very thread that asks; what is locked fails at once."""
    engine = _engine_of_one(url, isolation_level="AUTOCOMMIT")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # A file that is locked, which in WAL mode is rare, is left to the readers that may wait.
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA query_only=ON")

    return engine


def pooled_engine(url: str, pool_size: int, immediate: bool) -> AsyncEngine:
    """For readers, or (`immediate`) for writers, which queue and do not fail."""
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
    _prepare(engine.sync_engine)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    @event.listens_for(engine.sync_engine, "invalidate")
    def end_transaction(connection: Any, _: object, __: object) -> None:
        # A statement that a cancelled caller left keeps a closed connection alive, and the lock of its transaction.
        with suppress(SQLAlchemyError, sqlite3.Error):
            connection.rollback()

    return engine


def fetching_engine(url: str, pool_size: int) -> Engine:
    """For threads that read, one statement at a time."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return engine


def thread_engine(url: str) -> Engine:
    """For writing on a thread of its own, which begins its transactions itself."""
    engine = _engine_of_one(url)
    _prepare(engine)
    return engine


def _engine_of_one(url: str, **options: Any) -> Engine:
    arguments = {"check_same_thread": False}
    return create_engine(
        make_url(url).set(drivername="sqlite"),
        poolclass=StaticPool,
        connect_args=arguments,
        hide_parameters=True,
        **options,
    )


def _use_write_ahead_log(cursor: Any) -> None:
    """Sets the mode, which stays with the file. SQLite does not wait here."""
    end = time.monotonic() + WAL_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(WAL_PAUSE_SECONDS)


def _prepare(engine: Engine) -> None:
    """Sets up every connection of an engine that may wait."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver must not open transactions by itself: who uses it decides how one begins.
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute("PRAGMA secure_delete=ON")  # what is deleted does not linger in the file
        cursor.close()
