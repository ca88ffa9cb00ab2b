"""The database of a service: SQLite with one writer beside many readers, or Postgres."""

from services.database.database import Database, open_database
from services.database.postgres import LONG_SECONDS

__all__ = ["LONG_SECONDS", "Database", "open_database"]
