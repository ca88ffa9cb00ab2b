"""Tables of any earlier revision are brought to the newest with all that they hold."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from services.auth.store.tables import AuthTable
from services.chat.store.tables import ChatTable
from services.database.migrations import (
    DatabaseTooNew,
    current_revision,
    head_revision,
    migrate,
    migrations_folder,
    revisions,
)
from services.quota.store.tables import QuotaTable
from services.retrieval.store.tables import RetrievalTable
from tests.each import for_each

from .reading import READERS
from .seeds import FOLDER, REVISIONS, SERVICES, comparable, content, fill, opened

METADATA: dict[str, MetaData] = {
    "auth": AuthTable.metadata,
    "quota": QuotaTable.metadata,
    "retrieval": RetrievalTable.metadata,
    "chat": ChatTable.metadata,
}


@pytest.mark.parametrize(("service", "revision"), REVISIONS)
async def test_a_seed_has_everything_of_its_revision_and_survives_the_upgrade(
    database_url: str, service: str, revision: str
) -> None:
    async with opened(database_url, service) as database:
        before = await fill(database, revision)
        held = await content(database)
        assert held.keys() == before.keys()
        for table, rows in before.items():
            columns = list(held[table][0])
            assert comparable(held[table], columns) == comparable(rows, columns), table
            assert [column for column in columns if all(row[column] is None for row in rows)] == [], table
        await migrate(database)
        after = await content(database)
        for table, rows in before.items():
            columns = list(rows[0])
            assert comparable(after[table], columns) == comparable(rows, columns), table
        assert await current_revision(database) == head_revision(service)
        await READERS[service](database)


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_made_by_migration_are_those_of_the_classes(database_url: str, service: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        # Of SQLite's defaults Alembic takes an empty text for another than itself.
        defaults = connection.dialect.name == "postgresql"
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults}
        )
        return list(compare_metadata(context, METADATA[service]))

    async with opened(database_url, service) as database:
        assert await current_revision(database) is None
        for before in (None, head_revision(service)):
            assert await migrate(database) == before
        assert await current_revision(database) == head_revision(service)
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []


def test_no_seed_is_left_over() -> None:
    found = {(file.parent.name, file.stem) for file in FOLDER.rglob("*.json")}
    assert found == set(REVISIONS)


@for_each("service", SERVICES)
def test_revisions_follow_one_another_and_count_up(service: str) -> None:
    script = ScriptDirectory(str(migrations_folder(service)))
    chain = [step.revision for step in script.walk_revisions()][::-1]
    assert chain == list(revisions(service))
    assert chain == [f"{number:04}" for number in range(1, len(chain) + 1)]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_that_is_newer_than_the_code_is_refused_in_one_line(database_url: str, service: str) -> None:
    async with opened(database_url, service) as database:
        await migrate(database)
        async with database.write() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(
            DatabaseTooNew, match=rf"{service} service is at revision 9999, .* {head_revision(service)}: "
        ):
            await migrate(database)
        assert await current_revision(database) == "9999"
