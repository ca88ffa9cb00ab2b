"""How a database carries out the statements of a call: by an index, or by reading all."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, event

from services.database import Database
from services.database.statements import run, run_on_server


@dataclass(frozen=True)
class Sent:
    """A statement as it went to the driver."""

    sql: str
    parameters: Any

    @property
    def reads(self) -> bool:
        """Whether running it again changes nothing."""
        return self.sql.lstrip().upper().startswith(("SELECT", "WITH"))


@contextmanager
def statements() -> Iterator[list[Sent]]:
    """All statements that are sent until the block ends, by an engine or past it."""
    sent: list[Sent] = []

    def note(_: Any, __: Any, sql: str, parameters: Any, ___: Any, many: bool) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            sent.append(Sent(sql, parameters[0] if many else parameters))

    def note_run(driver: sqlite3.Connection, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        sent.append(Sent(sql, values))
        return run(driver, sql, values)

    def note_run_on_server(cursor: Any, sql: str, each: Sequence[Sequence[Any]]) -> None:
        sent.append(Sent(sql, each[0]))
        run_on_server(cursor, sql, each)

    event.listen(Engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.database.statements.run", note_run)
        patch.setattr("services.database.statements.run_on_server", note_run_on_server)
        try:
            yield sent
        finally:
            event.remove(Engine, "before_cursor_execute", note)


async def rows_read_in_vain(database: Database, sent: Sent, enough: int) -> list[str]:
    """The steps of a statement that read far more rows than they return.

    On Postgres a step may look at `enough` rows; SQLite does not tell how many, only how it finds them.
    """
    async with _explaining(database) as explain:
        if database.is_sqlite:
            steps = [str(row[3]) for row in await explain(f"EXPLAIN QUERY PLAN {sent.sql}", sent.parameters)]
            return [
                step
                for step in steps
                if step.startswith("SCAN") and not step.startswith(("SCAN CONSTANT", "SCAN (", "SCAN excluded"))
            ]
        options = "ANALYZE, FORMAT JSON" if sent.reads else "FORMAT JSON"
        ((plan,),) = await explain(f"EXPLAIN ({options}) {sent.sql}", sent.parameters)
        (whole,) = json.loads(plan) if isinstance(plan, str) else plan
        return [
            f"{node['Node Type']} of {node.get('Relation Name')}: {_looked_at(node)} rows"
            for node in _nodes(whole["Plan"])
            if node["Node Type"] == "Seq Scan" or _looked_at(node) > enough
        ]


@asynccontextmanager
async def _explaining(database: Database) -> AsyncIterator[Any]:
    async with database.read() as connection:

        async def explain(sql: str, parameters: Any) -> Any:
            return (await connection.exec_driver_sql(sql, parameters)).all()

        yield explain


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _looked_at(node: dict[str, Any]) -> int:
    given = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
    return int((given + node.get("Rows Removed by Index Recheck", 0)) * node.get("Actual Loops", 1))
