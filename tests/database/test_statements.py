"""Compiled look-ups find what SQLAlchemy finds, in the same types."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    StaticPool,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    text,
)

from services.database import statements
from services.database.statements import Statements

TYPED = Table(
    "typed",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("is_on", Boolean),
    Column("digest", LargeBinary),
)
ROWS = [
    {"id": 1, "name": "one", "is_on": True, "digest": b"\x00\x01"},
    {"id": 2, "name": "two", "is_on": False, "digest": b"\x02"},
    {"id": 3, "name": None, "is_on": None, "digest": None},
]
OTHER = TYPED.alias()
STATEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "all columns": (select(TYPED).order_by(TYPED.c.id), {}),
    "one parameter": (select(TYPED).where(TYPED.c.name == bindparam("name")), {"name": "two"}),
    "nothing found": (select(TYPED).where(TYPED.c.name == bindparam("name")), {"name": "nobody"}),
    "bytes": (select(TYPED.c.name).where(TYPED.c.digest == bindparam("digest")), {"digest": b"\x02"}),
    "a truth value": (select(TYPED.c.id).where(TYPED.c.is_on == bindparam("is_on")), {"is_on": True}),
    "a limit": (select(TYPED.c.id, TYPED.c.is_on).order_by(TYPED.c.id.desc()).limit(2), {}),
    "a label": (select(TYPED.c.name.label("called"), TYPED.c.is_on).where(TYPED.c.is_on.is_(True)), {}),
    "a list": (
        select(TYPED).where(TYPED.c.id.in_(bindparam("ids", expanding=True)), TYPED.c.name != bindparam("name")),
        {"ids": [3, 2, 1], "name": "one"},
    ),
    "two columns of one name": (
        select(TYPED.c.is_on, OTHER.c.is_on, OTHER.c.id)
        .join_from(TYPED, OTHER, OTHER.c.id == TYPED.c.id + 1)
        .order_by(TYPED.c.id),
        {},
    ),
    "an empty list": (select(TYPED).where(TYPED.c.id.in_(bindparam("ids", expanding=True))), {"ids": []}),
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    TYPED.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(TYPED), ROWS)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_rows_are_those_of_sqlalchemy(engine: Engine, name: str) -> None:
    statement, parameters = STATEMENTS[name]
    compiled = Statements(engine.dialect)
    with engine.connect() as connection:
        expected = connection.execute(statement, parameters).all()
        driver = connection.connection.driver_connection
        for _ in range(2):
            found = compiled.all(driver, statement, parameters)
            assert found == expected
            assert [row._asdict() for row in found] == [row._asdict() for row in expected]
            assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in expected]


def test_lists_of_other_lengths_are_other_statements(engine: Engine) -> None:
    statement, _ = STATEMENTS["a list"]
    compiled = Statements(engine.dialect)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        for ids in ([2], [2, 3], [3, 2], [1, 2, 3]):
            found = compiled.all(driver, statement, {"ids": ids, "name": "one"})
            assert [row.id for row in found] == [2]


def test_statements_that_are_built_each_time_fill_no_memory(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MANY", 4)
    compiled = Statements(engine.dialect)
    with engine.connect() as connection:
        for number in range(20):
            statement: Select[Any] = select(TYPED.c.id).where(TYPED.c.id == number)
            found = compiled.all(connection.connection.driver_connection, statement, {})
            assert [row.id for row in found] == ([number] if 1 <= number <= 3 else [])
    assert len(compiled._compiled) <= 4


def test_a_list_is_compiled_when_its_statement_is_met_again(engine: Engine) -> None:
    kept: Select[Any] = select(TYPED.c.id).where(TYPED.c.id == bindparam("id"))
    with engine.connect() as connection:
        compiled = statements._statements_of(connection)._compiled
        before = len(compiled)
        for number in (1, 2, 3):
            assert statements.fetch(connection, kept, {"id": number}) == [(number,)]
            built: Select[Any] = select(TYPED.c.id).where(TYPED.c.id == number)
            assert statements.fetch(connection, built) == [(number,)]
        assert (
            statements.fetch(connection, text("SELECT 1")) == [(1,)] == statements.fetch(connection, text("SELECT 1"))
        )
        assert len(compiled) == before + 1
        assert any(key[0] is kept for key in compiled)


def test_an_error_is_the_drivers(engine: Engine) -> None:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("DROP TABLE typed")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            Statements(engine.dialect).all(driver, *STATEMENTS["all columns"])


def test_an_insert_takes_the_columns_that_it_is_given(engine: Engine) -> None:
    add = insert(TYPED)
    with engine.begin() as connection:
        statements.change(connection, add, {"id": 4, "name": "four"})
        statements.change(
            connection, add, {"id": 5, "name": "five", "is_on": True}, {"id": 6, "name": "six", "is_on": False}
        )
        statements.change(connection, add, {"id": 7, "name": "seven"})
        found = statements.rows(
            connection, select(TYPED.c.name, TYPED.c.is_on).where(TYPED.c.id > 3).order_by(TYPED.c.id)
        )
    assert found == [("four", None), ("five", True), ("six", False), ("seven", None)]
