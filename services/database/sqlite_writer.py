"""Transactions that write to a SQLite file, on a thread of their own."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection

from services.database.sqlite_engines import thread_engine
from services.database.statements import as_sqlalchemy_has_it

Result = TypeVar("Result")


class SqliteWriter:
    """One connection, on which one transaction follows the other.

    The driver begins and ends them: SQLAlchemy takes twenty times as long for that.
    """

    def __init__(self, url: str) -> None:
        self._engine = thread_engine(url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._connection: Connection | None = None

    async def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction.

        It must not be cancelled: until it ends the connection is not free.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def close(self) -> None:
        """Close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        connection = self._connection = self._connection or self._engine.connect()
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("BEGIN IMMEDIATE")
            result = work(connection)
            # SQLAlchemy has begun one as well, which is nothing to the driver, where `work` has used it.
            connection.commit()
            driver.commit()
        except BaseException as error:
            with suppress(sqlite3.Error):
                driver.rollback()
            connection.rollback()
            if isinstance(error, sqlite3.Error):
                raise as_sqlalchemy_has_it(error, connection) from error
            raise
        return result

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
