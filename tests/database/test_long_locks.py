"""SQLite files that another process has locked for longer than requests may wait."""

from pathlib import Path
from sqlite3 import connect
from threading import Timer

import pytest
from sqlalchemy import text

from services.database import Database, sqlite, sqlite_engines
from services.database.migrations import current_revision, head_revision, migrate


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_migration_waits_for_a_process_that_writes_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    for module in (sqlite, sqlite_engines):
        monkeypatch.setattr(module, "BUSY_MS", 20)
    file = tmp_path / "auth.db"
    if not is_new:
        database = Database(f"sqlite+aiosqlite:///{file}", "auth")
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE probe (n INTEGER)"))
        await database.close()
    other = connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE other (number INTEGER)")
    # Longer than a wait for a lock that is left to SQLite.
    end = Timer(1.5, other.commit)
    end.start()
    database = Database(f"sqlite+aiosqlite:///{file}", "auth")
    try:
        await migrate(database)
        assert await current_revision(database) == head_revision("auth")
    finally:
        end.join()
        other.close()
        await database.close()
