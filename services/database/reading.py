"""One statement that reads on a thread, and can be broken off from another."""

import sqlite3
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Executable

from services.database.records import Parameters, Rows
from services.database.statements import fetch


class Reading:
    """One statement on a connection of SQLite that it has for itself while it runs."""

    def __init__(self, engine: Engine, statement: Executable, parameters: Parameters) -> None:
        self._engine = engine
        self._statement = statement
        self._parameters = parameters
        # An interruption must not reach the statement that has the connection next.
        self._lock = Lock()
        self._driver: sqlite3.Connection | None = None
        self._is_left = False

    def rows(self) -> Rows:
        """What the statement finds; nothing when it was interrupted before."""
        with self._engine.connect() as connection:
            try:
                return fetch(connection, self._statement, self._parameters) if self._begin(connection) else []
            finally:
                with self._lock:
                    self._driver = None

    def interrupt(self) -> bool:
        """Whether the statement was running; it then fails soon, unless it was just about to begin."""
        with self._lock:
            self._is_left = True
            if self._driver is not None:
                self._driver.interrupt()
            return self._driver is not None

    def _begin(self, connection: Connection) -> bool:
        driver: Any = connection.connection.driver_connection
        with self._lock:
            if not self._is_left:
                self._driver = driver
            return not self._is_left
