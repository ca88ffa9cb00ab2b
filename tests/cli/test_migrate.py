"""`chatmount migrate`: from where to where, and only looking."""

import asyncio
from pathlib import Path

import pytest

from services.database.migrations import head_revision, revisions
from tests.retrieval.qdrant_stand_in import stand_in

from .backup.places import Place, Places

SERVICES = ["auth", "quota", "retrieval", "chat"]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Places(tmp_path, request, monkeypatch).new(request.param)


def test_looking_says_what_is_behind_and_changes_nothing(place: Place) -> None:
    for _ in range(2):
        outcome = place.run("migrate", "--check")
        assert outcome.code == 1
        assert outcome.err.startswith("chatmount: Behind: auth, quota, retrieval, chat;")
        assert "nothing" in outcome.out
    assert not place.settings.sqlite_file("auth").exists()
    value = place.run("migrate", "--json").json
    assert [(step["from"], step["to"]) for step in value["steps"]] == [(None, head_revision(name)) for name in SERVICES]
    assert place.run("migrate", "--check", "--json").json["behind"] == []


def test_tables_of_an_earlier_version_are_told_from_those_that_are_up_to_date(place: Place) -> None:
    place.fill({service: revisions(service)[0] for service in SERVICES})
    old = [service for service in SERVICES if len(revisions(service)) > 1]
    outcome = place.run("migrate", "--check")
    assert outcome.code == (1 if old else 0)
    steps = place.run("migrate", "--json").json["steps"]
    assert {step["service"]: step["from"] for step in steps} == {name: revisions(name)[0] for name in SERVICES}
    assert place.run("migrate", "--check").code == 0


async def test_the_collection_on_a_qdrant_server_is_made_and_looked_at(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Places(tmp_path, request, monkeypatch).new("sqlite")
    async with stand_in() as qdrant:
        monkeypatch.setenv("CHATMOUNT_QDRANT_URL", qdrant.url)
        monkeypatch.setenv("CHATMOUNT_QDRANT_QUANTIZATION", "scalar")
        # On a thread of its own: the command has an event loop, and so has the server that it asks.
        behind = await asyncio.to_thread(place.run, "migrate", "--check")
        assert behind.code == 1
        assert "index" in behind.err
        made = (await asyncio.to_thread(place.run, "migrate", "--json")).json
        assert [one.partition(" ")[0] for one in made["index"]] == ["collection"]
        assert len(qdrant.client.get_collections().collections) == 1
        again = await asyncio.to_thread(place.run, "migrate", "--check", "--json")
        assert (again.code, again.json["behind"], again.json["index"]) == (0, [], [])
