"""Statements that every request runs: compiled once to text, and run with little in between.

What SQLAlchemy does for each costs ten times as much on SQLite, and twice as much on Postgres. Statements are told
apart as objects: build each once.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Connection, Dialect, Executable, Row, SelectBase
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.exc import DBAPIError

from services.database.connections import cursor_of, run_on_server
from services.database.records import Parameters, Rows

MANY = 500
"""Statements, and numbers of values in their lists, that are remembered. There are some dozens."""

_NONE: Parameters = {}
# Asked of numbers alone, and by Postgres alone: its number for what all floats of ours are there.
_DOUBLE = 701


@dataclass(frozen=True, slots=True)
class Compiled:
    """The text of a statement.

    `values` are its parameters in their order: names, and places in a list.
    `writers` and `readers` turn values into what is stored, and back; None: none of them has to be turned.
    """

    text: str
    values: tuple[tuple[str, int | None], ...]
    defaults: dict[str, Any]
    writers: tuple[Callable[[Any], Any] | None, ...] | None
    readers: tuple[Callable[[Any], Any] | None, ...] | None
    make: Callable[[Sequence[Any]], Row[*tuple[Any, ...]]]

    def parameters(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in their order, as the driver takes them."""
        known = {**self.defaults, **given} if self.defaults else given
        values = [known[name] if place is None else _at(known[name], place) for name, place in self.values]
        return tuple(values if self.writers is None else _turned(self.writers, values))

    def rows(self, found: Sequence[Sequence[Any]]) -> Rows:
        """What the driver has found."""
        make, readers = self.make, self.readers
        return [make(row if readers is None else _turned(readers, row)) for row in found]


class Statements:
    """Compiles statements for one kind of database, and remembers their texts."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[tuple[Executable, tuple[str, ...], tuple[int, ...]], Compiled] = {}
        self._met: WeakSet[Executable] = WeakSet()

    def has_met(self, statement: Executable) -> bool:
        """Whether the statement was asked about before: one that is built for each call never is."""
        if statement in self._met:
            return True
        self._met.add(statement)
        return False

    def compiled(self, statement: Executable, parameters: Parameters) -> Compiled:
        """The statement as it is for parameters of these names, and lists as long as theirs."""
        # The next power of two: so a batch of any size finds its text ready, also in the server.
        lengths = tuple(
            [1 << (len(value) - 1).bit_length() if value else 0 for value in parameters.values() if type(value) is list]
        )
        # An insert without values takes the columns that it is given.
        key = statement, tuple(parameters), lengths
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) >= MANY:
                self._compiled.clear()
            compiled = self._compiled[key] = self._compile(statement, parameters)
        return compiled

    def all(self, driver: sqlite3.Connection, statement: Executable, parameters: Parameters) -> Rows:
        """The rows that a statement finds. What the driver raises."""
        compiled = self.compiled(statement, parameters)
        return compiled.rows(run(driver, compiled.text, compiled.parameters(parameters)).fetchall())

    def _compile(self, statement: Any, parameters: Parameters) -> Compiled:
        parameters = {name: _padded(value) if type(value) is list else value for name, value in parameters.items()}
        compiled: Any = statement.compile(dialect=self._dialect, column_keys=list(parameters))
        state = compiled.construct_expanded_state(parameters)
        lists = {
            name: (of, place) for of, names in state.parameter_expansion.items() for place, name in enumerate(names)
        }
        values = tuple(lists.get(name, (name, None)) for name in state.positiontup)
        defaults = {
            name: value
            for name, value in compiled.construct_params(parameters).items()
            if name not in parameters and name in state.positiontup
        }
        writers = tuple(state.processors.get(name) for name in state.positiontup)
        columns = statement.exported_columns
        readers = tuple(
            column.type.dialect_impl(self._dialect).result_processor(self._dialect, _DOUBLE) for column in columns
        )
        return Compiled(
            state.statement,
            values,
            defaults,
            writers if any(writers) else None,
            readers if any(readers) else None,
            result_tuple(list(columns.keys())),
        )


_OF_DIALECTS: WeakKeyDictionary[Dialect, Statements] = WeakKeyDictionary()


def rows(connection: Connection, statement: Executable, parameters: Parameters = _NONE) -> Rows:
    """The rows that a statement finds or returns, in the transaction of the connection.

    As `connection.execute`, for statements that are built once.
    """
    compiled = _statements_of(connection).compiled(statement, parameters)
    values = compiled.parameters(parameters)
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        try:
            found = run(driver, compiled.text, values).fetchall()
        except sqlite3.Error as error:
            raise as_sqlalchemy_has_it(error, connection) from error
        return compiled.rows(found)
    with cursor_of(connection) as cursor:
        run_on_server(cursor, compiled.text, [values])
        return compiled.rows([tuple(row) for row in cursor.fetchall()])


def fetch(connection: Connection, statement: Executable, parameters: Parameters = _NONE) -> Rows:
    """As `rows`, also for statements that are built for one call.

    Compiling those would cost more than it saves.
    """
    if isinstance(statement, SelectBase) and _statements_of(connection).has_met(statement):
        return rows(connection, statement, parameters)
    return connection.execute(statement, parameters).all()


def change(connection: Connection, statement: Executable, *each: Parameters) -> int:
    """How many rows a statement changes that is run once for each of the parameters.

    Of several, Postgres does not tell how many.
    """
    compiled = _statements_of(connection).compiled(statement, each[0])
    values = [compiled.parameters(parameters) for parameters in each]
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        try:
            return sum([run(driver, compiled.text, one).rowcount for one in values])
        except sqlite3.Error as error:
            raise as_sqlalchemy_has_it(error, connection) from error
    with cursor_of(connection) as cursor:
        run_on_server(cursor, compiled.text, values)
        return int(cursor.rowcount)


def run(driver: sqlite3.Connection, text: str, values: Sequence[Any]) -> sqlite3.Cursor:
    """The one place where a text meets SQLite."""
    return driver.execute(text, values)


def _statements_of(connection: Connection) -> Statements:
    found = _OF_DIALECTS.get(connection.dialect)
    if found is None:
        found = _OF_DIALECTS[connection.dialect] = Statements(connection.dialect)
    return found


def as_sqlalchemy_has_it(error: sqlite3.Error, connection: Connection) -> BaseException:
    """The error of the driver as SQLAlchemy raises it.

    It is without the statement, which has no place in a log.
    """
    return DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect)


def _padded(values: list[Any]) -> list[Any]:
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values)) if values else values


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else values[-1]


def _turned(ways: Sequence[Callable[[Any], Any] | None], values: Sequence[Any]) -> list[Any]:
    return [value if way is None else way(value) for way, value in zip(ways, values, strict=True)]
