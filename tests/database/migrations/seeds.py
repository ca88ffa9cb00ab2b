"""Databases as each revision left them: rows of `seeds/<service>/<revision>.json`.

A new revision needs a file of its own: copy that of the revision before it, and add what the revision adds, so that
every table has a row and every column a value. Files of older revisions are never changed.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.database import Database
from services.database.migrations import revisions
from services.database.snapshot.reading import open_snapshot
from services.database.snapshot.values import from_line, to_line
from services.database.snapshot.writing import replacing

SERVICES = ("auth", "quota", "retrieval", "chat")
REVISIONS = [(service, revision) for service in SERVICES for revision in revisions(service)]
FOLDER = Path(__file__).parent / "seeds"

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each table."""


@asynccontextmanager
async def opened(url: str, service: str) -> AsyncIterator[Database]:
    database = Database(url, service)
    try:
        yield database
    finally:
        await database.close()


def seed(service: str, revision: str) -> Rows:
    file = FOLDER / service / f"{revision}.json"
    assert file.exists(), f"write down what a database at this revision holds: {file} (see {__file__})"
    tables = json.loads(file.read_text("utf-8"))
    return {name: [from_line(json.dumps(row).encode()) for row in rows] for name, rows in tables.items()}


async def fill(database: Database, revision: str) -> Rows:
    """Make the tables of `revision` with the rows of its seed, and return these."""
    rows = seed(database.service, revision)
    async with replacing(database, revision) as filling:
        for table, content in rows.items():
            await filling.add(table, content)
        await filling.set_numbering()
    return rows


async def content(database: Database) -> Rows:
    """All rows of a database."""
    async with open_snapshot(database) as snapshot:
        assert snapshot is not None
        return {table: [row async for row in snapshot.rows(table)] for table in snapshot.tables}


def comparable(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[bytes]:
    return sorted(to_line({name: row[name] for name in sorted(columns)}) for row in rows)
