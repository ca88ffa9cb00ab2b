"""Migrations: Alembic, run in the process, with one version table per service.

Several replicas may start at once: on Postgres an advisory lock, on SQLite the database's own write lock lets one
of them work while the others wait and then find nothing to do.

Alembic is loaded only where there is something to do: every start of a service that was killed waits for its imports.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from services.config.settings import SettingsError
from services.database import Database
from services.database.diagnosis import diagnose
from services.errors import ChatmountError
from services.sqlite_files import DamagedDatabase

LOCK_NUMBER = 0x63686174  # any number will do, as long as all replicas take the same
VERSION_TABLE = "alembic_version"
PAUSE_SECONDS = 0.25
START_SECONDS = 30.0


class DatabaseTooNew(SettingsError):
    """A database that a newer version of the code has changed; this version could damage it."""


async def migrate(database: Database) -> str | None:
    """Upgrades a service's tables to the newest revision, and returns the one that they were at.

    DatabaseTooNew when that is beyond what the code knows.
    """
    current = await current_revision(database)
    refuse_newer(database.service, current)
    if current == head_revision(database.service):
        return current
    async with database.write(seconds=None) as connection:
        await connection.run_sync(wait_for_turn, database.service)
        # Another replica may have been quicker.
        current = await connection.run_sync(revision_of)
        refuse_newer(database.service, current)
        if current != head_revision(database.service):
            await connection.run_sync(upgrade, database.service)
    return current


async def migrate_patiently(database: Database, seconds: float = START_SECONDS) -> str | None:
    """`migrate` for a service that starts: it waits up to `seconds` for a database that is away.

    SettingsError, in one line, when it stays away or can't be used.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await migrate(database)
        except (ChatmountError, DBAPIError) as error:
            waits = isinstance(error, ChatmountError) and not isinstance(error.__cause__, DamagedDatabase)
            if not waits or time.monotonic() > deadline:
                raise SettingsError(f"{database.service}: {await diagnose(database.url, error)}.") from error
        await asyncio.sleep(PAUSE_SECONDS)


def migrations_folder(service: str) -> Path:
    """The folder of a service's migrations."""
    return Path(__file__).parents[1] / service / "store" / "migrations"


def revisions(service: str) -> Sequence[str]:
    """All revisions that the code knows, oldest first, from files named `<revision>_<what>.py`."""
    files = (migrations_folder(service) / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def head_revision(service: str) -> str:
    """The newest revision that the code knows."""
    return revisions(service)[-1]


def refuse_newer(service: str, revision: str | None) -> None:
    """DatabaseTooNew when `revision` is not one that the code knows."""
    if revision is not None and revision not in revisions(service):
        raise DatabaseTooNew(
            f"The database of the {service} service is at revision {revision}, and this version of Chatmount knows "
            f"revisions up to {head_revision(service)}: run the version that made it, or restore a backup made with "
            "this one."
        )


async def current_revision(database: Database) -> str | None:
    """The database's revision; None before the first migration."""
    async with database.read() as connection:
        return await connection.run_sync(revision_of)


def wait_for_turn(connection: Connection, service: str) -> None:
    """Wait until no other process migrates this service; the turn ends with the transaction.

    On SQLite a transaction that writes has the turn already.
    """
    if connection.dialect.name == "postgresql":
        turn = text("SELECT pg_advisory_xact_lock(:number, hashtext(:service))")
        connection.execute(turn, {"number": LOCK_NUMBER, "service": service})


def upgrade(connection: Connection, service: str, revision: str = "head") -> None:
    """Upgrades within an open transaction. On Postgres it makes the schema where there is none."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql" and not inspect(connection).has_schema(service):
        connection.execute(text(f'CREATE SCHEMA "{service}"'))
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """The database's revision as a transaction sees it; see `current_revision`."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if revision is None else str(revision)
