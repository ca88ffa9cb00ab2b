"""The database of a service: SQLite with one writer beside many readers, or Postgres."""

import logging

from services.database.database import Database, open_database
from services.database.postgres import LONG_SECONDS

__all__ = ["LONG_SECONDS", "Database", "open_database"]

# A command that tells its error in one line has no log; without this Python would print what is logged all the same.
logging.getLogger("chatmount.database").addHandler(logging.NullHandler())
