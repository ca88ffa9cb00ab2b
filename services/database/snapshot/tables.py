"""The tables that the database has: at an older revision they are not those of the code."""

from collections.abc import Mapping

from sqlalchemy import Connection, MetaData, Table

from services.database.migrations import VERSION_TABLE

Tables = Mapping[str, Table]
"""By name, parents before those that refer to them."""


def reflect(connection: Connection) -> Tables:
    """The service's tables, without the one that holds the revision."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {table.name: table for table in metadata.sorted_tables if table.name != VERSION_TABLE}


def drop_all(connection: Connection) -> None:
    """Removes the service's tables, the one with the revision too."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)
