"""A service that starts while its database is away, or finds one that it can't use."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.config.settings import SettingsError
from services.database import Database
from services.database.migrations import current_revision, head_revision, migrate_patiently
from tests.waiting import PATIENCE

from .link import Link


@pytest.fixture
async def database(link: Link) -> AsyncIterator[Database]:
    database = Database(link.url, "quota", seconds=PATIENCE)
    yield database
    await database.close()


async def test_a_service_waits_for_a_database_that_comes_later(link: Link, database: Database) -> None:
    await link.cut()
    starting = asyncio.create_task(migrate_patiently(database, PATIENCE))
    await asyncio.sleep(0.6)
    assert not starting.done()
    await link.mend()
    await starting
    assert await current_revision(database) == head_revision("quota")


async def test_a_service_does_not_wait_for_ever_and_says_why_in_one_line(link: Link) -> None:
    database = Database(link.url, "quota", seconds=0.3)
    link.hold()
    with pytest.raises(SettingsError, match=r"quota: the database can't be used \(.*did not answer in time\)\."):
        await migrate_patiently(database, 1)
    await database.close()


async def test_a_database_that_lets_nobody_in_is_not_waited_for(link: Link) -> None:
    database = Database(link.url.replace("postgres:", "no-such-role:"), "quota")
    with pytest.raises(
        SettingsError, match=r'quota: the database can\'t be used \(role "no-such-role" does not exist\)'
    ):
        await asyncio.wait_for(migrate_patiently(database, 2 * PATIENCE), PATIENCE)
    await database.close()
