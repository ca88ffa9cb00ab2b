"""Installations to save and to restore."""

import shutil
from pathlib import Path

import pytest

from services.config.settings import load_settings

from .places import Place, Places


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Places:
    return Places(tmp_path, request, monkeypatch)


@pytest.fixture(params=["sqlite", "postgres"])
def place(places: Places, request: pytest.FixtureRequest) -> Place:
    """An installation without data, once of each kind."""
    return places.new(request.param)


@pytest.fixture(scope="session")
def first_saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the newest seeds, and a backup of it."""
    folder = tmp_path_factory.mktemp("saved")
    with pytest.MonkeyPatch.context() as monkeypatch:
        here = Place(load_settings({"CHATMOUNT_HOME": str(folder / "home")}), monkeypatch)
        here.fill()
        assert here.run("backup", folder / "backup.tgz").code == 0
    return folder


@pytest.fixture
def saved(first_saved: Path, tmp_path: Path) -> Path:
    """A backup of an installation with data, which the test may change."""
    return Path(shutil.copy(first_saved / "backup.tgz", tmp_path))


@pytest.fixture
def seeded(places: Places, first_saved: Path) -> Place:
    """An installation with data, on SQLite."""
    place = places.new("sqlite")
    shutil.copytree(first_saved / "home", place.settings.home)
    return place
