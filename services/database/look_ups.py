"""Statements that every request runs: compiled once, and run without anything in between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Row, Select
from sqlalchemy.engine.result import result_tuple

from services.database.records import Parameters, Rows

MANY = 500
"""Statements, and numbers of values in their lists, that are remembered. There are some dozens."""

Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Compiled:
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

    def parameters(self, given: Mapping[str, Any]) -> list[object]:
        known = {**self.defaults, **given} if self.defaults else given
        values = [known[name] if place is None else known[name][place] for name, place in self.values]
        return values if self.writers is None else _turned(self.writers, values)

    def row(self, found: Sequence[Any]) -> Row[*tuple[Any, ...]]:
        return self.make(found if self.readers is None else _turned(self.readers, found))


class LookUps:
    """Runs statements on a connection of the driver.

    What SQLAlchemy does for each costs ten times as much. Statements are told apart as objects: build each once.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[tuple[Statement, tuple[int, ...]], _Compiled] = {}

    def all(self, connection: Any, statement: Statement, parameters: Parameters) -> Rows:
        """The rows that a statement finds. What the driver raises."""
        lengths = tuple([len(value) for value in parameters.values() if isinstance(value, list)])
        compiled = self._compiled.get((statement, lengths))
        if compiled is None:
            if len(self._compiled) >= MANY:
                self._compiled.clear()
            compiled = self._compiled[statement, lengths] = self._compile(statement, parameters)
        rows = connection.execute(compiled.text, compiled.parameters(parameters)).fetchall()
        return [compiled.row(row) for row in rows]

    def _compile(self, statement: Statement, parameters: Parameters) -> _Compiled:
        compiled: Any = statement.compile(dialect=self._dialect)
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
        columns = statement.selected_columns
        readers = tuple(
            column.type.dialect_impl(self._dialect).result_processor(self._dialect, None) for column in columns
        )
        return _Compiled(
            state.statement,
            values,
            defaults,
            writers if any(writers) else None,
            readers if any(readers) else None,
            result_tuple(list(columns.keys())),
        )


def _turned(ways: Sequence[Callable[[Any], Any] | None], values: Sequence[Any]) -> list[Any]:
    return [value if way is None else way(value) for way, value in zip(ways, values, strict=True)]
