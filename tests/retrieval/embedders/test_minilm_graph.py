"""The ONNX graph against the definition of BERT, written down a second time in plain numpy."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from services.retrieval.embedders.minilm.graph import build_graph
from services.retrieval.embedders.minilm.quantise import WEIGHT_LIMIT, quantise, quantise_matrix
from services.retrieval.embedders.minilm.ranges import Ranges
from services.retrieval.embedders.minilm.rows import PADDING, inputs, sentence_rows, whole_row

HEADS = 4
Tensors = Mapping[str, NDArray[Any]]


def reference(tensors: Tensors, ids: NDArray[np.int64], heads: int = HEADS) -> NDArray[np.float64]:
    """The vector of one text without padding, in float64."""
    w = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}

    def norm(x: NDArray[Any], name: str) -> NDArray[Any]:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return np.asarray(centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"])

    def dense(x: NDArray[Any], name: str) -> NDArray[Any]:
        return np.asarray(x @ w[f"{name}.weight"].T + w[f"{name}.bias"])

    def gelu(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))

    words, places = w["embeddings.word_embeddings.weight"], w["embeddings.position_embeddings.weight"]
    x = words[ids] + places[: len(ids)] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in w:
        name = f"encoder.layer.{layer}"
        parts = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        q, k, v = (part.reshape(len(ids), heads, -1).transpose(1, 0, 2) for part in parts)
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        context = (shares @ v).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(dense(context, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")
        inner = gelu(dense(x, f"{name}.intermediate.dense"))
        x = norm(dense(inner, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
        layer += 1
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def run(model: onnx.ModelProto, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    vectors: NDArray[np.float32] = session.run(None, feed(ids, mask))[0]
    return vectors[:, 0]


def feed(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Whole texts as the graph takes them in: one vector of each is wanted."""
    return dict(inputs([whole_row(row[: length.sum()].tolist()) for row, length in zip(ids, mask, strict=True)]))


def random_batch(longest: int = 20) -> tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[np.int64]]]:
    """Ids with padding, the mask, and the same texts without padding."""
    random = np.random.default_rng(3)
    texts = [random.integers(1, 10, length) for length in (1, 2, 7, longest)]
    ids, mask = np.zeros((4, longest), np.int64), np.zeros((4, longest), np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    return ids, mask, texts


def ranges_of(model: onnx.ModelProto, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Ranges:
    """Between which values the inputs of its products with constants lie."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    constants = {tensor.name for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constants]
    names = list(dict.fromkeys(node.input[0] for node in products))
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(names, feed(ids, mask))
    return {name: (float(value.min()), float(value.max())) for name, value in zip(names, values, strict=True)}


def test_the_float_graph_computes_what_bert_is_defined_to_compute(small_tensors: Tensors) -> None:
    ids, mask, texts = random_batch()
    vectors = run(build_graph(small_tensors, heads=HEADS), ids, mask)
    for vector, text in zip(vectors, texts, strict=True):
        assert vector @ reference(small_tensors, text) >= 0.99999
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_what_stands_in_the_padding_changes_nothing(small_tensors: Tensors) -> None:
    ids, mask, _ = random_batch()
    session = onnxruntime.InferenceSession(build_graph(small_tensors, heads=HEADS).SerializeToString())
    clean = feed(ids, mask)
    dirty = clean | {"input_ids": np.where(clean["parts"] == PADDING, 5, clean["input_ids"])}
    np.testing.assert_allclose(session.run(None, clean)[0], session.run(None, dirty)[0], atol=1e-6)


def test_the_number_of_heads_matters(small_tensors: Tensors) -> None:
    ids, mask, texts = random_batch()
    vectors = run(build_graph(small_tensors, heads=2), ids, mask)
    assert vectors[-1] @ reference(small_tensors, texts[-1], heads=2) >= 0.99999
    assert vectors[-1] @ reference(small_tensors, texts[-1], heads=4) < 0.9999


def test_quantised_products_stay_close_to_the_float_ones(small_tensors: Tensors) -> None:
    ids, mask, _ = random_batch()
    model = build_graph(small_tensors, heads=HEADS)
    quantised = quantise(model, ranges_of(model, ids, mask))
    cosines = (run(model, ids, mask) * run(quantised, ids, mask)).sum(1)
    assert cosines.mean() >= 0.98


def test_the_vector_of_a_text_does_not_depend_on_its_neighbours(small_tensors: Tensors) -> None:
    ids, mask, texts = random_batch()
    model = build_graph(small_tensors, heads=HEADS)
    quantised = quantise(model, ranges_of(model, ids, mask))
    for vector, text in zip(run(quantised, ids, mask), texts, strict=True):
        alone = run(quantised, text[None, :], np.ones((1, len(text)), np.int64))[0]
        assert vector @ alone == pytest.approx(1, abs=1e-4)


def test_a_sentence_has_the_same_vector_whatever_stands_beside_it(small_tensors: Tensors) -> None:
    session = onnxruntime.InferenceSession(build_graph(small_tensors, heads=HEADS).SerializeToString())
    path, sentences = [1, 7, 3], [[4, 9, 5], [8], [6, 6, 2, 9, 4]]
    together = session.run(None, inputs(sentence_rows(path, sentences, 2, 40)))[0][0]
    for number, sentence in enumerate(sentences, 1):
        alone = session.run(None, inputs(sentence_rows(path, [sentence], 2, 40)))[0][0]
        np.testing.assert_allclose(together[number], alone[1], atol=1e-5)
        np.testing.assert_allclose(alone[0], alone[1], atol=1e-5)
    assert together[1] @ together[3] < 0.999


def test_an_activation_without_a_range_is_a_mistake(small_tensors: Tensors) -> None:
    with pytest.raises(KeyError):
        quantise(build_graph(small_tensors, heads=HEADS), {})


def test_every_constant_product_is_quantised_and_nothing_else_is(small_tensors: Tensors) -> None:
    ids, mask, _ = random_batch()
    model = build_graph(small_tensors, heads=HEADS)
    graph = quantise(model, ranges_of(model, ids, mask)).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulIntegerToFloat") == kinds.count("QuantizeLinear") == 2 * 4
    assert not [node.name for node in graph.node if node.op_type == "MatMul" and node.input[1] in constants]
    assert constants["words"].dtype == constants["positions"].dtype == np.float32
    int8 = [array for array in constants.values() if array.dtype == np.int8]
    assert len(int8) == 2 * 4


def test_quantised_weights_can_not_overflow_the_16_bits_of_old_processors() -> None:
    matrix = np.random.default_rng(1).normal(size=(64, 8)).astype(np.float32)
    matrix[:, 3] = 0
    values, scales = quantise_matrix(matrix)
    assert 2 * 255 * WEIGHT_LIMIT <= 2**15 - 1
    assert np.abs(values.astype(int)).max() == WEIGHT_LIMIT
    np.testing.assert_allclose(values * scales, matrix, atol=float(scales.max()) / 2 + 1e-6)
