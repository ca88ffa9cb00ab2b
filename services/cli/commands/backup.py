"""`chatmount backup` and `restore`: all state of an installation in one file, and back."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import SpinnerColumn, TextColumn

from services.cli.backup.making import Progress, make_backup
from services.cli.backup.manifest import DamagedBackup, Manifest
from services.cli.backup.restoring import restore_backup
from services.cli.database_errors import explain_database_errors
from services.cli.failures import CommandFailed, wrong_usage
from services.cli.grammar import Command, wants_json
from services.cli.output import output
from services.cli.output.progress import bar
from services.cli.output.streams import OutputLost
from services.cli.output.tables import table
from services.cli.up.lock import HomeLock
from services.cli.up.preflight import prepare_home
from services.config.settings import load_settings
from services.trust.principal import SERVICES

COLUMNS = ("service", "revision", "table", "rows")


@click.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
def backup(file: Path) -> None:
    """Write all state into FILE: tables and the signing secret. - is standard output.

    The stack may run. A file of that name is replaced when the new one is complete. Keep it as secret as the home
    folder.
    """
    if str(file) == "-" and wants_json():
        raise wrong_usage("--json and - would both write to standard output.")
    if str(file) == "-" and sys.stdout.isatty():
        raise wrong_usage("A backup is nothing to read: send standard output to a file.")
    settings = load_settings()
    with _own_file(file) as made:
        with _explain_file_errors(file), explain_database_errors(settings), _progress("Saving") as advance:
            manifest = asyncio.run(make_backup(settings, SERVICES, made.absolute(), advance))
        if made != file:
            try:
                _pour(made, sys.stdout.fileno())
            except OSError as error:
                raise OutputLost(error) from error
            return
    size = file.stat().st_size
    _show(file, manifest, size)
    output.note(f"{file} has {size:,} bytes. Keep it secret.")


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the data that is there.")
def restore(file: Path, replace: bool) -> None:
    """Restore the state in FILE into an empty installation. - is standard input.

    The stack must not run. The backup may come from an older version, and from the other kind of database. When
    anything fails, the present data stays.
    """
    settings = load_settings()
    prepare_home(settings)
    lock = HomeLock(settings.home)
    try:
        with _own_file(file) as given:
            name = file if given == file else "Standard input"
            with _explain_file_errors(name), explain_database_errors(settings), _progress("Restoring") as advance:
                if given != file:
                    _pour(sys.stdin.fileno(), given)
                manifest = asyncio.run(restore_backup(settings, SERVICES, given, advance, replace=replace))
            _show(file, manifest, given.stat().st_size)
    finally:
        lock.release()
    output.note("Search finds sources as they are indexed, after the next start.")


@contextmanager
def _own_file(file: Path) -> Iterator[Path]:
    """The file itself; for -, a temporary one: a backup is written and read as a whole."""
    if str(file) != "-":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="chatmount-") as folder:
        yield Path(folder) / "backup.tgz"


def _pour(source: Path | int, target: Path | int) -> None:
    with (
        open(source, "rb", closefd=isinstance(source, Path)) as read,
        open(target, "wb", closefd=isinstance(target, Path)) as written,
    ):
        shutil.copyfileobj(read, written)


@contextmanager
def _explain_file_errors(file: Path | str) -> Iterator[None]:
    try:
        yield
    except DamagedBackup as error:
        raise CommandFailed(f"{file} can't be restored: {error}.") from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or file}: {error.strerror or error}.") from error


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    columns = (TextColumn("{task.fields[rows]:,} rows"), TextColumn("{task.fields[table]}", style="dim", markup=False))
    with bar(SpinnerColumn(), TextColumn(what), *columns) as shown:
        task = shown.add_task("", total=None, rows=0, table="")

        def advance(table: str, rows: int) -> None:
            shown.update(task, rows=shown.tasks[0].fields["rows"] + rows, table=table)

        yield advance


def _show(file: Path, manifest: Manifest, size: int) -> None:
    value = {
        "file": str(file),
        "bytes": size,
        "version": manifest.version,
        "created_at": manifest.created_at,
        "services": {
            name: {"revision": content.revision, "rows": dict(content.tables)}
            for name, content in manifest.services.items()
        },
    }
    rows = [
        (name, content.revision, table, count)
        for name, content in manifest.services.items()
        for table, count in content.tables.items()
    ]
    output.show(value, table(COLUMNS, rows))
