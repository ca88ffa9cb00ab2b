"""Brings a service's tables up to date: Alembic, run in the process, one version table per service.

Several replicas may start at once: on Postgres an advisory lock, on SQLite the database's own write lock lets one
of them work while the others wait and then find nothing to do.

Alembic is loaded only where there is something to do: every start of a service that was killed waits for its imports.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from services.database import Database

LOCK_NUMBER = 0x63686174  # any number will do, as long as all replicas take the same
VERSION_TABLE = "alembic_version"


async def migrate(database: Database, revision: str | None = None) -> None:
    """Upgrades the tables of `database.service` to `revision` (None: the newest); does nothing when they are there."""
    if revision is None and await current_revision(database) == head_revision(database.service):
        return
    async with database.write(seconds=None) as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.service}"'))
        await connection.run_sync(_upgrade, database.service, revision or "head")


def migrations_folder(service: str) -> Path:
    """Where a service keeps its migrations."""
    return Path(__file__).parent / service / "migrations"


def head_revision(service: str) -> str:
    """The newest revision that the code knows: files are named `<revision>_<what>.py`, revisions count up."""
    newest = max(file.name for file in (migrations_folder(service) / "versions").glob("[0-9]*_*.py"))
    return newest.partition("_")[0]


async def current_revision(database: Database) -> str | None:
    """The revision that the database is at; None before the first migration."""
    async with database.read() as connection:
        return await connection.run_sync(_current)


async def migrate_all(databases: list[Database]) -> None:
    """Upgrades several services' tables, one after the other: Alembic keeps the run that is going on in globals."""
    for database in databases:
        await migrate(database)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if revision is None else str(revision)


def _upgrade(connection: Connection, service: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
