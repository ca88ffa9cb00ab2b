"""Backups of all services, out of either kind of database and into either kind."""

import asyncio
import json
from pathlib import Path

import pytest

from services.auth.records import Account
from services.auth.store import AuthStore
from services.database.migrations import revisions
from tests.cli.forks import Ended, Forks
from tests.database.migrations.seeds import SERVICES, opened

from .places import DEMO, SECRET, Place, Places


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_every_table_comes_back_as_it_was(places: Places, tmp_path: Path, source: str, target: str) -> None:
    here, there = places.new(source), places.new(target)
    here.fill()
    saved = here.run("backup", tmp_path / "backup.tgz", "--json").json
    restored = there.run("restore", tmp_path / "backup.tgz", "--json").json
    assert restored["services"] == saved["services"]
    assert saved["services"]["auth"]["rows"]["accounts"] == 2
    assert there.read() == here.read()
    there.is_understood()
    assert there.settings.secret_file.read_text() == SECRET + "\n"
    assert (there.settings.home / "demo.json").read_text() == DEMO
    assert there.settings.secret_file.stat().st_mode & 0o777 == 0o600
    # A backup of what was restored has the same content once more.
    again = there.run("backup", tmp_path / "again.tgz", "--json").json
    assert again["services"] == saved["services"]


# The upgrade of each revision is tested in tests/database/migrations.
@pytest.mark.parametrize(("place", "generation"), [("sqlite", 0), ("postgres", 2)], indirect=["place"])
def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    places: Places, place: Place, tmp_path: Path, generation: int
) -> None:
    here = places.new("sqlite")
    here.fill({service: revisions(service)[min(generation, len(revisions(service)) - 1)] for service in SERVICES})
    assert here.run("backup", tmp_path / "backup.tgz").code == 0
    assert place.run("restore", tmp_path / "backup.tgz").code == 0
    place.is_understood()
    assert here.run("migrate").code == 0
    assert place.read() == here.read()


# SQLite keeps no numbers beside its rows.
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_new_rows_are_numbered_behind_those_that_were_restored(place: Place, saved: Path) -> None:
    assert place.run("restore", saved).code == 0

    async def add() -> list[str]:
        async with opened(place.settings.service_database_url("auth"), "auth") as database:
            store = AuthStore(database)
            async with store.write() as transaction:
                await transaction.add(Account("acct_new", "New", "plus", 1))
            return [account.id for account in await store.accounts(0, 10)]

    assert asyncio.run(add()) == ["acct_1", "acct_2", "acct_new"]


def test_a_table_of_any_size_is_saved_in_parts(
    seeded: Place, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.backup.making.PART_BYTES", 100)
    place = places.new("sqlite")
    assert seeded.run("backup", tmp_path / "backup.tgz").code == 0
    assert place.run("restore", tmp_path / "backup.tgz").code == 0
    assert place.read() == seeded.read()


def test_it_says_what_was_saved_to_people_and_to_programs(seeded: Place, tmp_path: Path) -> None:
    outcome = seeded.run("backup", tmp_path / "backup.tgz")
    assert "ledger_entries" in outcome.out
    assert "Keep it secret" in outcome.err
    value = seeded.run("backup", tmp_path / "backup.tgz", "--json")
    assert json.loads(value.out)["bytes"] == (tmp_path / "backup.tgz").stat().st_size
    assert value.err == ""


def test_it_passes_through_standard_output_and_standard_input(places: Places, forks: Forks) -> None:
    # As between a container, whose files nobody else sees, and the machine around it.
    here, there = places.new("sqlite"), places.new("sqlite")
    here.fill()

    def piped(place: Place, *arguments: str, given: bytes = b"") -> Ended:
        return forks(*arguments, environment={"CHATMOUNT_HOME": place.settings.home}, given=given)

    saved = piped(here, "backup", "-")
    assert saved.err == ""
    restored = piped(there, "restore", "-", given=saved.out)
    assert (restored.code, b"ledger_entries" in restored.out) == (0, True)
    assert there.read() == here.read()
    assert there.settings.secret_file.read_text() == SECRET + "\n"
    for place, arguments, given, complaint in (
        (here, ("backup", "-", "--json"), b"", "--json and - would both write to standard output."),
        (here, ("restore", "-"), saved.out, "There is data already"),
        (
            places.new("sqlite"),
            ("restore", "-"),
            saved.out[:-1],
            "Standard input can't be restored: it is no backup, or damaged.",
        ),
        (places.new("sqlite"), ("backup", "-"), b"", "There is nothing to back up"),
    ):
        refused = piped(place, *arguments, given=given)
        assert (refused.code != 0, refused.out) == (True, b"")
        assert complaint in refused.err
