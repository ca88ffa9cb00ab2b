"""Brings a service's tables up to date: Alembic, run in the process, one version table per service.

Several replicas may start at once: on Postgres an advisory lock, on SQLite the database's own write lock lets one
of them work while the others wait and then find nothing to do.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from services.database import Database

LOCK_NUMBER = 0x63686174  # any number will do, as long as all replicas take the same


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrades the tables of `database.service` to `revision`; does nothing when they are there already."""
    async with database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{database.service}"'))
        await connection.run_sync(_upgrade, database.service, revision)


def migrations_folder(service: str) -> Path:
    """Where a service keeps its migrations."""
    return Path(__file__).parent / service / "migrations"


def head_revision(service: str) -> str | None:
    """The newest revision that the code knows."""
    return ScriptDirectory(str(migrations_folder(service))).get_current_head()


async def current_revision(database: Database) -> str | None:
    """The revision that the database is at; None before the first migration."""

    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(connection, opts={"version_table": "alembic_version"}).get_current_revision()

    async with database.read() as connection:
        return await connection.run_sync(read)


def _upgrade(connection: Connection, service: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrate_all(databases: list[Database]) -> None:
    """Upgrades several services' tables, one after the other: Alembic keeps the run that is going on in globals."""
    for database in databases:
        await migrate(database)
