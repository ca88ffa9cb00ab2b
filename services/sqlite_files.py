"""Damaged SQLite files: how to tell one, and a look through a file before it is used.

Not in services/database, which brings SQLAlchemy along: the launcher would wait half a second for it before it starts
anything, and keep 24 MB of it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LARGEST_BYTES = 512 * 1024 * 1024
"""What is read through in about a second."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedDatabase(Exception):
    """A SQLite file that can't be read as one; the text says what to do."""

    def __init__(self, file: str, description: str) -> None:
        super().__init__(
            f"{file} is damaged ({description}): stop Chatmount, move the file and its -wal and -shm away, and "
            "restore a backup with `chatmount restore FILE --replace`"
        )


def is_damaged(error: BaseException | None) -> bool:
    """Whether SQLite says that what is in the file is no database, or not a whole one."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


def in_one_line(error: BaseException) -> str:
    """What the error says, or else its kind."""
    return " ".join(str(error).split())[:200] or type(error).__name__


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
            raise DamagedDatabase(str(file), in_one_line(error)) from error
        return
    if found != "ok":
        raise DamagedDatabase(str(file), in_one_line(sqlite3.DatabaseError(found.splitlines()[-1])))  # below a title
