"""Editions of the embedded index: what is found in its folder, whatever state that is in."""

from pathlib import Path

import pytest

from services.retrieval.index.edge.editions import SERVING_FILE, EdgeEditions
from services.retrieval.index.edge.shard import IndexInUse
from services.retrieval.index.schema import Fingerprint
from tests.retrieval.index.index_contract import add

OLD, NEW, NEWEST = (Fingerprint(name, 256) for name in ("words", "other words", "yet other words"))


def folders(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if one.is_dir()}


async def test_an_edition_that_was_begun_for_yet_other_settings_is_removed(tmp_path: Path) -> None:
    for fingerprint in (OLD, NEW, NEWEST):
        editions = await EdgeEditions.open(tmp_path, fingerprint)
        if fingerprint == OLD:
            await add(editions.wanted, "bot_a", "v1", "Parking is free.")
        else:
            assert editions.earlier is not None
            assert set(await editions.earlier.index.versions()) == {"v1"}
        await editions.close()
    assert folders(tmp_path) == {OLD.short(), NEWEST.short()}
    assert (tmp_path / SERVING_FILE).read_text() == OLD.short()


async def test_where_the_serving_edition_is_broken_the_wanted_one_serves(tmp_path: Path) -> None:
    await (await EdgeEditions.open(tmp_path, OLD)).close()
    for file in (tmp_path / OLD.short() / "shard").rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    editions = await EdgeEditions.open(tmp_path, NEW)
    assert editions.earlier is None
    assert folders(tmp_path) == {NEW.short()}
    await editions.close()


async def test_the_folder_is_for_one_process_alone(tmp_path: Path) -> None:
    editions = await EdgeEditions.open(tmp_path, OLD)
    with pytest.raises(IndexInUse, match="another process"):
        await EdgeEditions.open(tmp_path, NEW)
    await editions.close()
    await (await EdgeEditions.open(tmp_path, OLD)).close()


async def test_an_opening_that_fails_half_way_holds_nothing(tmp_path: Path) -> None:
    await (await EdgeEditions.open(tmp_path, OLD)).close()
    (tmp_path / NEW.short()).touch()
    with pytest.raises(OSError):
        await EdgeEditions.open(tmp_path, NEW)
    (tmp_path / NEW.short()).unlink()
    editions = await EdgeEditions.open(tmp_path, NEW)
    assert editions.earlier is not None
    await editions.close()
