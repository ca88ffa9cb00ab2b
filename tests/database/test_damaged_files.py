"""A SQLite file that is damaged, or is none, is refused in one line that says what to do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.config.settings import SettingsError
from services.database import Database
from services.database.migrations import migrate_patiently
from services.sqlite_files import DamagedDatabase, refuse_damaged
from tests.ready_tables import SQLITE
from tests.waiting import PATIENCE

from .things import EVERY_USE, Use, opened, refused

PAGE = 4096
THINGS = 20_000
NO_DATABASE = b"This is no database.\n" * 1000
WHAT_TO_DO = (
    "stop Chatmount, move the file and its -wal and -shm away, and restore a backup with "
    "`chatmount restore FILE --replace`"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "service.db"


async def fill(file: Path) -> None:
    async with opened(f"{SQLITE}{file}", things=THINGS):
        pass


def damage(file: Path) -> None:
    """Every page but the first: the schema can be read, and no row."""
    content = bytearray(file.read_bytes())
    assert len(content) > 20 * PAGE
    content[PAGE:] = b"\xa5" * (len(content) - PAGE)
    file.write_bytes(content)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "chatmount.database"]


@pytest.fixture
async def damaged(file: Path) -> AsyncIterator[Database]:
    await fill(file)
    damage(file)
    database = Database(f"{SQLITE}{file}", "auth")
    yield database
    await database.close()


@pytest.mark.parametrize("use", EVERY_USE)
async def test_a_damaged_page_refuses_and_the_log_says_once_what_to_do(
    damaged: Database, file: Path, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        refusal = await refused(use(damaged))
        assert refusal.retry_after == 60
        assert "damaged" not in refusal.text
    assert logged(caplog) == [f"{file} is damaged (database disk image is malformed): {WHAT_TO_DO}."]


@pytest.mark.parametrize("use", EVERY_USE)
async def test_a_file_that_is_no_database_is_refused_in_the_same_way(
    file: Path, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(NO_DATABASE)
    database = Database(f"{SQLITE}{file}", "auth")
    await refused(use(database))
    assert logged(caplog) == [f"{file} is damaged (file is not a database): {WHAT_TO_DO}."]
    await database.close()


async def test_a_service_does_not_wait_for_a_damaged_file_to_get_better(file: Path) -> None:
    file.write_bytes(NO_DATABASE)
    database = Database(f"{SQLITE}{file}", "auth")
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(SettingsError) as caught:
            await migrate_patiently(database, 600)
    assert str(caught.value) == f"auth: {file} is damaged (file is not a database): {WHAT_TO_DO}."
    await database.close()


async def test_damage_is_found_before_anything_reads_that_page(file: Path) -> None:
    refuse_damaged(file)
    assert not file.exists()
    await fill(file)
    refuse_damaged(file)
    damage(file)
    with pytest.raises(DamagedDatabase, match=r"service\.db is damaged"):
        refuse_damaged(file)
    file.write_bytes(NO_DATABASE)
    with pytest.raises(DamagedDatabase, match=r"is damaged \(file is not a database\)"):
        refuse_damaged(file)


async def test_a_file_that_takes_long_to_look_through_is_passed_over(file: Path) -> None:
    await fill(file)
    damage(file)
    refuse_damaged(file, largest=file.stat().st_size - 1)
    with pytest.raises(DamagedDatabase):
        refuse_damaged(file, largest=file.stat().st_size)
