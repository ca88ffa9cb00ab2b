"""What a prepared model consists of, and the proof that it is complete.

The files are named after their own digests and the manifest is replaced last, in one step: a reader sees the old
model or the new one, never half of each.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from services.retrieval.embedders.embedder import ModelRefused

MANIFEST = "manifest.json"
SUFFIXES = {"model": "onnx", "words": "bin", "tokenizer": "json"}
"""The files of a model by their roles."""
ROLES = ("model", "tokenizer")
"""Those that also a model of an earlier version has, whose words are in its `model`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A model as this version runs it. `recipe` rises when the same text gets another vector."""

    model: str
    quantisation: str
    recipe: int

    def name(self, weights_sha256: str) -> str:
        """The identity that is recorded with an index."""
        return f"{self.model}/{weights_sha256[:12]}/{self.quantisation}-r{self.recipe}"


MINILM = Kind("all-minilm-l6-v2", "int8", 3)


@dataclass(frozen=True)
class Manifest:
    """The content of manifest.json.

    `files` maps a role to a file name, `digests` a file name to its sha256.
    """

    model: str
    weights_sha256: str
    recipe: int
    quantisation: str
    dimension: int
    max_tokens: int
    licence: str
    made_with: Mapping[str, str]
    files: Mapping[str, str]
    digests: Mapping[str, str]

    @property
    def name(self) -> str:
        """See Kind."""
        return self.kind.name(self.weights_sha256)

    @property
    def kind(self) -> Kind:
        """What it says that it is."""
        return Kind(self.model, self.quantisation, self.recipe)


def default_model_dir(kind: Kind = MINILM) -> Path:
    """The folder of `make setup`: inside the virtual environment, so that both go together."""
    return Path(sys.prefix) / "share" / "chatmount" / "models" / f"{kind.model}-{kind.quantisation}"


def is_prepared(directory: Path) -> bool:
    """Whether there is a prepared model at all, whatever its state."""
    return (directory / MANIFEST).is_file()


def read_manifest(directory: Path, kind: Kind = MINILM) -> Manifest:
    """Read the manifest and check every file against it. Raises ModelRefused with the reason.

    This proves that the files are whole and belong together. It is no signature: one who may write the directory may
    write a manifest that fits.
    """
    path = directory / MANIFEST
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
        if manifest.kind != kind:
            raise ModelRefused(f"{path} describes {manifest.name}, which this version can't run")
        for role in dict.fromkeys((*ROLES, *manifest.files)):
            file = directory / manifest.files[role]
            if file.parent != directory or digest_of(file) != manifest.digests[file.name]:
                raise ModelRefused(f"{file} is not the file that {MANIFEST} describes")
    except FileNotFoundError as error:
        raise ModelRefused(f"{error.filename} is missing") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelRefused(f"{path} can't be read: {type(error).__name__}") from error
    return manifest


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is ready to run, and what its manifest says of it beside its kind."""

    graph: bytes
    words: bytes
    tokenizer: bytes
    weights_sha256: str
    dimension: int
    max_tokens: int
    licence: str


def file_name(role: str, content: bytes) -> str:
    """The name of the file with this content."""
    return f"{role}-{hashlib.sha256(content).hexdigest()[:12]}.{SUFFIXES[role]}"


def store_model(into: Path, kind: Kind, model: Model) -> Manifest:
    """Put a model into a folder, in place of one that stands there."""
    into.mkdir(parents=True, exist_ok=True)
    contents = {"model": model.graph, "words": model.words, "tokenizer": model.tokenizer}
    files = {role: file_name(role, content) for role, content in contents.items()}
    for role, content in contents.items():
        # In one step: a process that runs may have the file of that name mapped.
        draft = into / f".{files[role]}.{os.getpid()}"
        draft.write_bytes(content)
        draft.replace(into / files[role])
    manifest = Manifest(
        model=kind.model,
        weights_sha256=model.weights_sha256,
        recipe=kind.recipe,
        quantisation=kind.quantisation,
        dimension=model.dimension,
        max_tokens=model.max_tokens,
        licence=model.licence,
        made_with={package: version(package) for package in ("numpy", "onnx", "safetensors")},
        files=files,
        digests={files[role]: hashlib.sha256(content).hexdigest() for role, content in contents.items()},
    )
    write_manifest(into, manifest)
    return manifest


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Make `manifest` the valid one in a single step, then remove files that it does not name."""
    draft = directory / f".{MANIFEST}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    draft.replace(directory / MANIFEST)
    keep = {MANIFEST, *manifest.digests}
    for file in directory.iterdir():
        if file.is_file() and file.name not in keep:
            file.unlink(missing_ok=True)


def digest_of(file: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
