"""Looks through a SQLite file before anything depends on it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from services.database.refusals import DamagedDatabase, is_damaged

LARGEST_BYTES = 512 * 1024 * 1024
"""What is read through in about a second."""


def refuse_damaged(file: Path, largest: int = LARGEST_BYTES) -> None:
    """DamagedDatabase when a page of the file is damaged.

    A file that is larger, not there, or can't be read for another reason is passed over.
    """
    try:
        if file.stat().st_size > largest:
            return
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, OSError) as error:
        if is_damaged(error):
            raise DamagedDatabase(str(file), error) from error
        return
    if found != "ok":
        raise DamagedDatabase(str(file), sqlite3.DatabaseError(found.splitlines()[-1]))  # below a title
