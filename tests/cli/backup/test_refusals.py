"""What a restore does not touch, and what is there still when one fails."""

import asyncio
import io
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from services.cli.backup.archive import read_all_but_rows, read_rows, writing
from services.cli.up.lock import HomeLock
from services.cli.up.preflight import prepare_home
from services.database import Database
from tests.database.migrations.seeds import SERVICES, opened

from .places import SECRET, Place, Places

OTHER_SECRET = "the-secret-that-was-there-before-the-restore-0123456789"


def change(place: Place, service: str, statement: str) -> None:
    async def run() -> None:
        async with opened(place.settings.service_database_url(service), service) as database, database.write() as write:
            await write.execute(text(statement))

    asyncio.run(run())


def rewrite(file: Path, edit: Callable[[str, bytes], bytes]) -> None:
    """A whole backup with another content."""
    manifest, files = read_all_but_rows(file)
    rows = list(read_rows(file))
    with writing(file) as archive:
        for name, content in [*rows, *files.items()]:
            archive.add(name, edit(name, content))
        archive.finish(type(manifest)(manifest.version, manifest.created_at, manifest.services, archive.digests))


@pytest.fixture
def used(place: Place, first_saved: Path) -> Place:
    """An installation that has data of its own."""
    if place.settings.is_on_sqlite:
        shutil.copytree(first_saved / "home", place.settings.home)
    else:
        place.fill()
    place.settings.secret_file.write_text(OTHER_SECRET + "\n")
    change(place, "auth", "UPDATE accounts SET name = 'of its own'")
    return place


def test_data_that_is_there_is_given_up_only_when_told_to(used: Place, seeded: Place, saved: Path) -> None:
    before = used.read()
    assert "There is data already (auth, quota, retrieval, chat); --replace" in used.refused("restore", saved)
    assert used.read() == before
    assert used.run("restore", saved, "--replace").code == 0
    assert used.read() == seeded.read()
    assert used.settings.secret_file.read_text() == SECRET + "\n"


@pytest.mark.parametrize(
    ("place", "edits"),
    [
        ("postgres", [("chat/turns", b'"position":1', b'"position":2')]),  # the same key twice
        (
            "sqlite",
            [
                ("chat/turns", b'"session_key":9', b'"session_key":8'),  # of a session that is not there
                ("chat/turns", b'"position"', b'"no_such_column"'),
                ("auth/api_keys", b'"base64":"', b'"base64":"!'),
                ("secrets/signing.key", b"the", b"\xff\xfe"),
            ],
        ),
    ],
    indirect=["place"],
)
def test_a_restore_that_fails_at_the_end_leaves_all_as_it_was(
    used: Place, saved: Path, tmp_path: Path, edits: list[tuple[str, bytes, bytes]]
) -> None:
    before = used.read()
    for member, old, new in edits:
        damaged = Path(shutil.copy(saved, tmp_path / "damaged.tgz"))
        rewrite(
            damaged,
            lambda name, content: content.replace(old, new) if name.startswith(member) else content,  # noqa: B023
        )
        used.refused("restore", damaged, "--replace")
    assert used.read() == before
    assert used.settings.secret_file.read_text() == OTHER_SECRET + "\n"
    assert len(list(used.settings.secret_file.parent.iterdir())) == 1


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_home_whose_stack_runs_is_left_alone(place: Place, saved: Path) -> None:
    prepare_home(place.settings)
    lock = HomeLock(place.settings.home)
    try:
        assert "Chatmount runs already" in place.refused("restore", saved)
    finally:
        lock.release()
    assert place.run("restore", saved).code == 0


def test_a_database_that_services_elsewhere_are_connected_to_is_left_alone(places: Places, saved: Path) -> None:
    place = places.new("postgres")

    async def try_beside_a_service() -> str:
        service = Database(place.settings.database_url, "chat")
        await service.check()
        try:
            return await asyncio.to_thread(place.refused, "restore", saved)
        finally:
            await service.close()

    assert "Services are connected" in asyncio.run(try_beside_a_service())
    assert place.run("restore", saved).code == 0


def test_a_backup_of_a_newer_version_is_refused_in_one_line(seeded: Place, place: Place, tmp_path: Path) -> None:
    change(seeded, "quota", "UPDATE alembic_version SET version_num = '9999'")
    assert seeded.run("backup", tmp_path / "newer.tgz").code == 0
    assert "it was made by a newer version of Chatmount (0.1.0)" in place.refused("restore", tmp_path / "newer.tgz")
    assert "There is nothing to back up" in place.refused("backup", tmp_path / "nothing.tgz")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_file_that_is_damaged_is_refused_in_one_line(place: Place, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-20])
    assert "can't be restored: it is no backup, or damaged." in place.refused("restore", saved)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_file_of_other_services_is_refused_in_one_line(place: Place, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tgz", "w:gz") as tar:
        content = b'{"format": 1, "version": "1", "created_at": "", "services": {}, "sha256": {}}'
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    assert "it does not have the services of this version" in place.refused("restore", tmp_path / "other.tgz")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_where_there_is_nothing_there_is_no_backup(place: Place, tmp_path: Path) -> None:
    assert "There is nothing to back up" in place.refused("backup", tmp_path / "backup.tgz")
    assert not (tmp_path / "backup.tgz").exists()
    for service in SERVICES:
        assert not place.settings.sqlite_file(service).exists()


def test_a_database_that_is_away_is_named(places: Places, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(places.new("sqlite").settings, database_url="postgresql+asyncpg://nobody@127.0.0.1:9/none")
    away = Place(settings, monkeypatch)
    assert "CHATMOUNT_DATABASE_URL: the database can't be used" in away.refused("backup", saved)
    assert "CHATMOUNT_DATABASE_URL: the database can't be used" in away.refused("restore", saved)
