"""Making a backup, while the stack runs or not."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from services.cli.backup.archive import ArchiveWriter, writing
from services.cli.backup.files import files_of
from services.cli.backup.manifest import Manifest, ServiceContent
from services.cli.failures import CommandFailed
from services.config.settings import Settings
from services.database import open_database
from services.database.snapshot.reading import Snapshot, open_snapshot
from services.database.snapshot.values import to_line

PART_BYTES = 4 * 1024 * 1024

Progress = Callable[[str, int], None]
"""Is told a table and how many of its rows were done since it was last told."""


async def make_backup(settings: Settings, services: Sequence[str], file: Path, progress: Progress) -> Manifest:
    """Writes all state into `file`. CommandFailed when there is none, UnwritableBackup."""
    if settings.is_on_sqlite and not all(settings.sqlite_file(name).exists() for name in services):
        raise _nothing(settings)
    async with AsyncExitStack() as stack:
        snapshots = []
        # All begin before any is read: what belongs together is then not a whole backup apart.
        for name in services:
            database = open_database(settings, name)
            stack.push_async_callback(database.close)
            snapshot = await stack.enter_async_context(open_snapshot(database))
            if snapshot is None:
                raise _nothing(settings)
            snapshots.append(snapshot)
        with writing(file) as archive:
            contents = {snapshot.service: await _add_tables(archive, snapshot, progress) for snapshot in snapshots}
            for name, path in files_of(settings).items():
                if path.exists():
                    archive.add(name, path.read_bytes())
            made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            manifest = Manifest(version("chatmount"), made_at, contents, archive.digests)
            archive.finish(manifest)
        return manifest


async def _add_tables(archive: ArchiveWriter, snapshot: Snapshot, progress: Progress) -> ServiceContent:
    counts = {}
    for table in snapshot.tables:
        label = f"{snapshot.service}/{table}"
        lines, size, parts, total = list[bytes](), 0, 0, 0
        async for row in snapshot.rows(table):
            lines.append(to_line(row))
            size += len(lines[-1])
            if size >= PART_BYTES:
                archive.add(f"{label}/{parts:05}.jsonl", b"".join(lines))
                progress(label, len(lines))
                total += len(lines)
                lines, size, parts = [], 0, parts + 1
        if lines:
            archive.add(f"{label}/{parts:05}.jsonl", b"".join(lines))
            progress(label, len(lines))
        counts[table] = total + len(lines)
    return ServiceContent(snapshot.revision, counts)


def _nothing(settings: Settings) -> CommandFailed:
    where = f"CHATMOUNT_HOME={settings.home}" if settings.is_on_sqlite else "the database of CHATMOUNT_DATABASE_URL"
    return CommandFailed(f"There is nothing to back up in {where}.")
