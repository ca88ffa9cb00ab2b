"""Reads the file of the weights, whose matrices have four bits a number and stay so.

Unpacked, the table of words alone, four fifths of all numbers, would take 384 MB of memory.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.packed import BLOCK, Packed

MAGIC = b"E5S1"

_HEADER = struct.Struct("<4si7ifi5iQ")
_ENTRY = struct.Struct("<BIQQ")
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", (BLOCK // 2,))])

_WORDS = ("emb.word", "embeddings.word_embeddings.weight")
_OUTSIDE = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_IN_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def read_weights(content: bytes) -> tuple[dict[str, NDArray[Any] | Packed], int]:
    """The tensors by their Hugging Face names, and the number of heads.

    Raises ModelRefused for any other file.
    """
    try:
        return _read(content)
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise ModelRefused(f"the weights can't be read: {type(error).__name__}") from error


def _read(content: bytes) -> tuple[dict[str, NDArray[Any] | Packed], int]:
    header = _HEADER.unpack_from(content)
    magic, _, hidden, layers, heads, inner, words, places, kinds, _, block, pieces, *_, letters = header
    if magic != MAGIC or block != BLOCK:
        raise ValueError(magic)
    place_of = _directory(content, _end_of_tokenizer(content, pieces, letters))
    shapes = {"emb.pos": (places, hidden), "emb.type": (kinds, hidden)}
    tensors: dict[str, NDArray[Any] | Packed] = {
        name: _floats(content, place_of[short], *shapes.get(short, (hidden,))) for short, name in _OUTSIDE.items()
    }
    tensors[_WORDS[1]] = _packed(content, place_of[_WORDS[0]], words, hidden)
    for layer in range(layers):
        for short, name in _IN_LAYER.items():
            source, full = f"l{layer}.{short}", f"encoder.layer.{layer}.{name}"
            outputs, inputs = {"fi": (inner, hidden), "fo": (hidden, inner)}.get(short, (hidden, hidden))
            weight = place_of[f"{source}.w"]
            is_matrix = not short.endswith("ln")
            tensors[f"{full}.weight"] = (
                _packed(content, weight, outputs, inputs) if is_matrix else _floats(content, weight, outputs)
            )
            tensors[f"{full}.bias"] = _floats(content, place_of[f"{source}.b"], outputs)
    return tensors, heads


def _end_of_tokenizer(content: bytes, pieces: int, letters: int) -> int:
    """Where the tokenizer's part ends: its places, scores, letters and rules.

    Its own file is used instead.
    """
    rules = _HEADER.size + 4 * (pieces + 1) + 4 * pieces + letters
    (length,) = struct.unpack_from("<I", content, rules + 4)
    return rules + 8 + int(length)


def _directory(content: bytes, start: int) -> dict[str, int]:
    """The place of each tensor."""
    (count,) = struct.unpack_from("<i", content, start)
    place, found = start + 4, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, place)
        place += 2
        name = content[place : place + length].decode("ascii")
        _, _, found[name], _ = _ENTRY.unpack_from(content, place + length)
        place += length + _ENTRY.size
    return found


def _floats(content: bytes, place: int, *shape: int) -> NDArray[np.float32]:
    return np.frombuffer(content, "<f4", int(np.prod(shape)), place).reshape(shape).astype(np.float32)


def _packed(content: bytes, place: int, rows: int, columns: int) -> Packed:
    """Neighbours in a byte.

    In the file, the first half of a block lies in the low bits, the second in the high.
    """
    blocks = np.frombuffer(content, _BLOCK, rows * columns // BLOCK, place).reshape(rows, columns // BLOCK)
    numbers = np.concatenate([blocks["pairs"] & 0x0F, blocks["pairs"] >> 4], axis=-1).reshape(rows, columns)
    return Packed(numbers[:, 0::2] | (numbers[:, 1::2] << 4), np.ascontiguousarray(blocks["scale"]))
