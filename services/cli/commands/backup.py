"""`chatmount backup`, `restore`: all state of an installation in one file, and back."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.cli.backup.making import make_backup
from services.cli.backup.manifest import DamagedBackup, Manifest, UnwritableBackup
from services.cli.backup.restoring import restore_backup
from services.cli.failures import CommandFailed, wrong_usage
from services.cli.grammar import Command, wants_json
from services.cli.output import output
from services.cli.output.streams import OutputLost
from services.cli.tables import on_the_tables
from services.cli.up.lock import HomeLock
from services.cli.up.preflight import prepare_home
from services.config.settings import load_settings
from services.rpc.access import SERVICES

COLUMNS = ("service", "revision", "table", "rows")


@click.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
def backup(file: Path) -> None:
    """Write all state into FILE, or to standard output for -: tables and the signing secret. The stack may run.

    The file takes its name when it is whole, and may replace an older one. It is as secret as the home folder.
    """
    if str(file) == "-" and wants_json():
        raise wrong_usage("--json and - would both write to standard output.")
    if str(file) == "-" and sys.stdout.isatty():
        raise wrong_usage("A backup is nothing to read: send standard output to a file.")
    settings = load_settings()
    with _own_file(file) as made:
        with _told_in_one_line(file), on_the_tables(settings), _progress("Saving") as advance:
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
@click.option("--replace", is_flag=True, help="Give up the data that is there for what is in the backup.")
def restore(file: Path, replace: bool) -> None:
    """Put the state in FILE, or in standard input for -, in place of an empty one. The stack must not run.

    The backup may come from an older version, and from the other kind of database. When anything fails, all that
    was there before is there still.
    """
    settings = load_settings()
    prepare_home(settings)
    lock = HomeLock(settings.home)
    try:
        with _own_file(file) as given:
            name = file if given == file else "Standard input"
            with _told_in_one_line(name), on_the_tables(settings), _progress("Restoring") as advance:
                if given != file:
                    _pour(sys.stdin.fileno(), given)
                manifest = asyncio.run(restore_backup(settings, SERVICES, given, advance, replace=replace))
            _show(file, manifest, given.stat().st_size)
    finally:
        lock.release()
    output.note("Search finds sources as they are indexed, after the next start.")


@contextmanager
def _own_file(file: Path) -> Iterator[Path]:
    """The file itself; for -, one for the time of the block, because a backup is written and read as a whole."""
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
def _told_in_one_line(file: Path | str) -> Iterator[None]:
    try:
        yield
    except DamagedBackup as error:
        raise CommandFailed(f"{file} can't be restored: {error}.") from error
    except UnwritableBackup as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or file}: {error.strerror or error}.") from error


@contextmanager
def _progress(what: str) -> Iterator["Advance"]:
    progress = Progress(
        SpinnerColumn(),
        TextColumn(what),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[table]}", style="dim", markup=False),
        console=output.console(stderr=True),
        transient=True,
        disable=wants_json() or not output.console(stderr=True).is_terminal,
    )
    with progress:
        yield Advance(progress)


class Advance:
    """Counts rows on the terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, rows=0, table="")
        self._rows = 0

    def __call__(self, table: str, rows: int) -> None:
        self._rows += rows
        self._progress.update(self._task, rows=self._rows, table=table)


def _show(file: Path, manifest: Manifest, size: int) -> None:
    value = {
        "file": str(file),
        "bytes": size,
        "version": manifest.version,
        "created_at": manifest.created_at,
        "services": {
            name: {"revision": content.revision, "rows": dict(content.rows)}
            for name, content in manifest.services.items()
        },
    }
    rows = [
        (name, content.revision, table, count)
        for name, content in manifest.services.items()
        for table, count in content.rows.items()
    ]
    output.show(value, output.table(COLUMNS, rows, ""))
