"""Rows as records and records as rows, by name, checked at import."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Record = TypeVar("Record")

Parameters = Mapping[str, object]
Rows = Sequence[Row[*tuple[Any, ...]]]
"""Plain ones, as statements give them."""


def rows_in(connection: AsyncConnection) -> AsyncSession:
    """The rows of the connection's transaction as objects of their SQLModel classes.

    `flush` writes what was added. For paths that are not hot: an object costs several times what a plain row does.
    """
    return AsyncSession(bind=connection, expire_on_commit=False)


def to_record(record: type[Record], table: type[SQLModel], **read: Callable[[Any], Any]) -> Callable[[Any], Record]:
    """A function from a row of `table`, plain or an object, to its record.

    Each field is the column of its name; `read` turns what is stored into the field's value.
    TypeError at once for a field without a column.
    """
    names = _names(record, table, read)
    values = attrgetter(*names)
    if not read:
        return lambda row: record(*values(row))
    readers = [(names.index(name), reader) for name, reader in read.items()]

    def make(row: Any) -> Record:
        found = list(values(row))
        for position, reader in readers:
            found[position] = reader(found[position])
        return record(*found)

    return make


def to_columns(
    record: type[Record], table: type[SQLModel], **write: Callable[[Any], Any]
) -> Callable[[Record], dict[str, Any]]:
    """A function from a record to its columns; `write` turns a field into what is stored."""
    names = _names(record, table, write)
    values = attrgetter(*names)

    def columns(one: Record) -> dict[str, Any]:
        found = dict(zip(names, values(one), strict=True))
        for name, writer in write.items():
            found[name] = writer(found[name])
        return found

    return columns


def _names(record: type[Any], table: type[SQLModel], converters: dict[str, Callable[[Any], Any]]) -> tuple[str, ...]:
    names = tuple(field.name for field in fields(record))
    lost = {*names, *converters} - table.model_fields.keys() | converters.keys() - set(names)
    if lost or len(names) < 2:
        raise TypeError(f"{record.__name__} and {table.__name__} do not fit: {', '.join(sorted(lost))}")
    return names
