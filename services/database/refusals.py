"""What a database's errors mean for the caller: please come again, or a fault of ours."""

import contextlib

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.errors import ChatmountError, Text, refusal
from services.observe.metrics import DATABASE_UNAVAILABLE
from services.sqlite_files import in_one_line
from services.sqlite_files import is_damaged as says_damaged

# By SQLSTATE, whole classes and single codes. The server is away, or about to be: connection exceptions, operator
# intervention (shut down, starting up), faults of its disk.
_AWAY = ("08", "57P", "58", "XX001", "XX002")
# It is there, and can't do this one now: rolled back by a conflict or a deadlock, out of connections or disk, waited
# too long, idle for too long, a standby that takes no writes.
_BUSY = ("40", "53", "55P03", "57014", "25006", "25P03")


def unavailable(retry_after: int | None = None) -> ChatmountError:
    """The refusal while a database does not work. Counted."""
    DATABASE_UNAVAILABLE.inc()
    return refusal(Text.UNAVAILABLE, retry_after=retry_after)


def is_damaged(error: BaseException) -> bool:
    """Whether SQLite says that what is in the file is no database, or not a whole one."""
    return says_damaged(error.orig if isinstance(error, DBAPIError) else error)


def is_away(error: BaseException) -> bool:
    """Whether the error says that the database as a whole can't be reached."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = _sqlstate(error)
    if state:
        return state.startswith(_AWAY)
    # The driver's own words, without a state, for a connection that broke under it; its other InterfaceErrors are
    # about what it was given.
    return isinstance(error, OSError | TimeoutError) or (
        isinstance(error, InterfaceError) and "connection is closed" in str(error)
    )


def is_passing(error: BaseException) -> bool:
    """Whether the same may well succeed a moment later, or when an operator has made room."""
    if is_away(error) or isinstance(error, PoolTimeoutError):
        return True
    if _sqlstate(error).startswith(_BUSY):
        return True
    # SQLite: locked, full, read-only, a disk that fails.
    return isinstance(error, DBAPIError) and "OperationalError" in type(error).__name__


def is_deadlock(error: BaseException) -> bool:
    """Whether the server ended one of several transactions that waited for each other."""
    return _sqlstate(error) == "40P01"


def is_alive(error: BaseException) -> bool:
    """Whether the server works, and only has no connection to give away just now."""
    return _sqlstate(error).startswith("53")


def describe(error: BaseException) -> str:
    """One line for the log, without statements and their parameters."""
    cause = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig
    return in_one_line(cause)


def _sqlstate(error: BaseException) -> str:
    for candidate in (error, getattr(error, "orig", None)):
        with contextlib.suppress(AttributeError):
            if state := candidate.sqlstate:  # type: ignore[union-attr]
                return str(state)
    return ""
