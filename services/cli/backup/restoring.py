"""Restoring a backup: everything is loaded and checked before anything of what was there is given up."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from services.cli.backup.archive import read_all_but_rows, read_rows
from services.cli.backup.files import prepared
from services.cli.backup.making import Progress
from services.cli.backup.manifest import BackupTooNew, DamagedBackup, Manifest
from services.cli.failures import CommandFailed
from services.config.settings import Settings
from services.database import Database, open_database
from services.database.migrations import revisions
from services.database.snapshot.values import from_line
from services.database.snapshot.writing import TableWriter, is_empty, others_connected, replacing


async def restore_backup(
    settings: Settings, services: tuple[str, ...], file: Path, progress: Progress, *, replace: bool
) -> Manifest:
    """Puts the state of `file` in place, brought up to the newest revision.

    CommandFailed when something is there (unless `replace`), or services are connected; DamagedBackup, OSError
    when the file can't be used. Whatever is raised, what was there before is there still.
    The home must be locked.
    """
    manifest, files = read_all_but_rows(file)
    check(manifest, services)
    async with AsyncExitStack() as stack:
        databases = []
        for name in services:
            database = open_database(settings, name)
            stack.push_async_callback(database.close)
            databases.append(database)
        await _refuse_unless_free(databases, replace)
        with prepared(settings, files):
            async with AsyncExitStack() as transactions:
                filling = {}
                for database in databases:
                    tables = replacing(database, manifest.services[database.service].revision)
                    filling[database.service] = await transactions.enter_async_context(tables)
                await _load(file, manifest, filling, progress)
    return manifest


def check(manifest: Manifest, services: tuple[str, ...]) -> None:
    """DamagedBackup or BackupTooNew when this version can't restore it."""
    if set(manifest.services) != set(services):
        raise DamagedBackup("it does not have the services of this version")
    for name, content in manifest.services.items():
        if content.revision not in revisions(name):
            raise BackupTooNew(manifest.version)


async def _refuse_unless_free(databases: list[Database], replace: bool) -> None:
    if await others_connected(databases[0]):
        raise CommandFailed("Services are connected to the database; stop all replicas first.")
    full = [database.service for database in databases if not await is_empty(database)]
    if full and not replace:
        raise CommandFailed(
            f"There is data already ({', '.join(full)}); --replace gives it up for what is in the backup."
        )


async def _load(file: Path, manifest: Manifest, filling: Mapping[str, TableWriter], progress: Progress) -> None:
    for name, content in read_rows(file):
        try:
            service, table, _ = name.split("/")
            rows = [from_line(line) for line in content.splitlines()]
            await filling[service].add(table, rows)
        except (ValueError, KeyError) as error:
            raise DamagedBackup(f"{name} can't be used") from error
        progress(f"{service}/{table}", len(rows))
    for service, content_of in manifest.services.items():
        for table, expected in content_of.rows.items():
            if await filling[service].count(table) != expected:
                raise DamagedBackup(f"it lacks rows of {service}/{table}")
        await filling[service].set_numbering()
        await filling[service].upgrade()
