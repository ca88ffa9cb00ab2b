"""Installations to save and to restore."""

from pathlib import Path

import pytest

from .places import Place, Places


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Places:
    return Places(tmp_path, request, monkeypatch)


@pytest.fixture(params=["sqlite", "postgres"])
def place(places: Places, request: pytest.FixtureRequest) -> Place:
    """An installation without data, once of each kind."""
    return places.new(request.param)


@pytest.fixture
def saved(places: Places, tmp_path: Path) -> Path:
    """A backup of an installation with data."""
    here = places.new("sqlite")
    here.fill()
    assert here.run("backup", tmp_path / "backup.tgz").code == 0
    return tmp_path / "backup.tgz"
