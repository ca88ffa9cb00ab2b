"""What a service's store asks of its database, the same for both kinds."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, Select, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.config.settings import Settings
from services.database.batches import Batches
from services.database.postgres import DEFAULT_CONNECTIONS, PATIENT_SECONDS, PostgresBackend
from services.database.records import Parameters, Rows
from services.database.sqlite import SqliteBackend

Result = TypeVar("Result")
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MAXIMUM_SHARED = 200
USUAL = -1.0
"""As `seconds`: the setting."""
_NONE: Parameters = {}


class Database:
    """One service's database: a SQLite file, or the schema that carries its name in Postgres.

    What can't be done because the database is away, too slow, locked or full is refused with UNAVAILABLE. On Postgres
    every transaction is over after `seconds`, the wait for a connection included; a transaction that may rightly take
    longer says so itself (LONG_SECONDS, or None: no end). A commit that was not confirmed is an error.
    """

    def __init__(
        self,
        url: str,
        service: str,
        *,
        seconds: float = PATIENT_SECONDS,
        connections: int = DEFAULT_CONNECTIONS,
    ) -> None:
        self.url = url
        self.service = service
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._seconds = seconds
        self._backend = SqliteBackend(url) if self.is_sqlite else PostgresBackend(url, service, seconds, connections)
        self._shared_transactions = self.batches(_do_each, size=MAXIMUM_SHARED)

    def write(self, seconds: float | None = USUAL) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that may write: committed on leaving, rolled back on an exception."""
        return self._backend.write(self._bound(seconds))

    async def transact(self, work: Callable[[Connection], Result], seconds: float | None = USUAL) -> Result:
        """Runs `work` in a transaction: committed when it returns, rolled back when it raises.

        Like `write`, and cheaper, for paths that every request takes. On SQLite works that wait share a commit, up to
        MAXIMUM_SHARED in the order of their arrival; Postgres lets commits share the disk by itself. A work may run
        twice, the first time for nothing.
        """
        if self.is_sqlite:
            result: Result = await self._shared_transactions.run(work)
            return result
        return await self._backend.transact(work, self._bound(seconds))

    def batches(
        self, apply: Callable[[Sequence[Item], Connection], Sequence[Outcome | Exception]], **options: Any
    ) -> Batches[Item, Outcome]:
        """A queue of items, in transactions of its own; `options` are those of Batches."""
        return Batches(partial(self._backend.transact, seconds=self._seconds), apply, **options)

    def read(self, seconds: float | None = USUAL) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for reading; on leaving, what was written all the same is rolled back."""
        return self._backend.read(self._bound(seconds))

    async def look_up(
        self, statement: Select[*tuple[Any, ...]], parameters: Parameters
    ) -> Row[*tuple[Any, ...]] | None:
        """The first row of a statement that finds little by an index, for the path of every request.

        Sees every commit that has returned, anywhere.
        """
        rows = await self.look_up_all(statement, parameters)
        return rows[0] if rows else None

    async def look_up_all(self, statement: Select[*tuple[Any, ...]], parameters: Parameters) -> Rows:
        """All rows of such a statement; it must set a limit to them."""
        return await self._backend.look_up_all(statement, parameters)

    async def fetch(self, statement: Executable, parameters: Parameters = _NONE, seconds: float | None = USUAL) -> Rows:
        """All rows of one statement, which may take its time. It sees one moment.

        Like `read`, and cheaper.
        """
        return await self._backend.fetch(statement, parameters, self._bound(seconds))

    async def check(self) -> None:
        """UNAVAILABLE unless the database answers."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Does what waits for a commit, then closes all connections."""
        await self._shared_transactions.close()
        await self._backend.close()

    def _bound(self, seconds: float | None) -> float | None:
        return self._seconds if seconds == USUAL else seconds


def open_database(settings: Settings, service: str) -> Database:
    """The service's database as the settings say. It connects when it is first used."""
    return Database(
        settings.service_database_url(service),
        service,
        seconds=settings.database_timeout_ms / 1000,
        connections=settings.database_connections,
    )


class _WorkFailed(Exception):
    """One of several works, and not the database for all of them."""


def _do_each(works: Sequence[Callable[[Connection], Any]], connection: Connection) -> list[Any]:
    if len(works) == 1:
        return [works[0](connection)]
    try:
        return [work(connection) for work in works]
    except Exception as error:
        # A page that is damaged, or a content that is too large for the disk, must fail no neighbour.
        raise _WorkFailed from error
