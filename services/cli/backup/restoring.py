"""Restoring a backup: everything is loaded and checked before anything of what was there is given up."""

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from services.cli.backup.archive import SECRET, read_manifest, read_members
from services.cli.backup.making import Progress
from services.cli.backup.manifest import DamagedBackup, Manifest
from services.cli.failures import CommandFailed
from services.database import Database, open_database
from services.migrations import refuse_newer
from services.secret_file import write_privately
from services.settings import Settings
from services.snapshot.values import from_line
from services.snapshot.writing import Filling, is_empty, others_connected, replacing


async def restore_backup(
    settings: Settings, services: tuple[str, ...], file: Path, progress: Progress, *, replace: bool
) -> Manifest:
    """Puts the state of `file` in place, brought up to the newest revision.

    CommandFailed when something is there (unless `replace`), or services are connected; DamagedBackup, DatabaseTooNew
    when the file can't be used. Whatever is raised, what was there before is there still. The home must be locked.
    """
    manifest = checked_manifest(file, services)
    async with AsyncExitStack() as stack:
        databases = []
        for name in services:
            database = open_database(settings, name)
            stack.push_async_callback(database.close)
            databases.append(database)
        await _refuse_unless_free(databases, replace)
        drafts = list[Path]()
        try:
            async with AsyncExitStack() as transactions:
                filling = {}
                for database in databases:
                    tables = replacing(database, manifest.services[database.service].revision)
                    filling[database.service] = await transactions.enter_async_context(tables)
                secret = await _load(file, manifest, filling, progress)
                if secret is not None:
                    drafts.append(_draft(settings.secret_file, secret))
            for draft in drafts:
                draft.replace(settings.secret_file)
        finally:
            for draft in drafts:
                draft.unlink(missing_ok=True)
    return manifest


def checked_manifest(file: Path, services: tuple[str, ...]) -> Manifest:
    """Reads and checks the whole file. DamagedBackup, DatabaseTooNew, OSError."""
    manifest = read_manifest(file)
    if set(manifest.services) != set(services):
        raise DamagedBackup("it does not have the services of this version")
    for name, content in manifest.services.items():
        refuse_newer(name, content.revision)
    return manifest


async def _refuse_unless_free(databases: list[Database], replace: bool) -> None:
    if await others_connected(databases[0]):
        raise CommandFailed("Services are connected to the database; stop all replicas first.")
    full = [database.service for database in databases if not await is_empty(database)]
    if full and not replace:
        raise CommandFailed(
            f"There is data already ({', '.join(full)}); --replace gives it up for what is in the backup."
        )


async def _load(file: Path, manifest: Manifest, filling: Mapping[str, Filling], progress: Progress) -> bytes | None:
    secret = None
    for name, content in read_members(file):
        if name == SECRET:
            secret = content
            continue
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
    return secret


def _draft(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    write_privately(draft, content.decode())
    return draft
