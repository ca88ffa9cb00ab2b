"""Files that searches will want are read before, as far as there is anything in them."""

from pathlib import Path

from services.retrieval.index.edge.read_ahead import CHUNK, read_ahead


def test_all_data_is_read_and_no_holes(tmp_path: Path) -> None:
    folder = tmp_path / "segments" / "one" / "vector_storage-vector" / "vectors"
    folder.mkdir(parents=True)
    data = bytes(range(256)) * 256
    with (folder / "chunk_0.mmap").open("wb") as file:
        file.write(data)
        file.seek(64 * CHUNK)
        file.write(data)
        file.truncate(96 * CHUNK)
    (folder / "empty").touch()
    read = read_ahead(tmp_path)
    assert 2 * len(data) <= read < 4 * CHUNK


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "segments" / "one" / "payload_storage").mkdir(parents=True)
    (tmp_path / "segments" / "one" / "payload_storage" / "page").symlink_to(tmp_path / "gone")
    assert read_ahead(tmp_path) == 0
    assert read_ahead(tmp_path / "nowhere") == 0
