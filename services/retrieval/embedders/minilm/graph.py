"""A BERT sentence encoder as an ONNX graph, from tensors by their Hugging Face names.

Token ids and what they are part of go in, L2-normalised mean-pooled vectors come out, of whole texts and of their
sentences; nothing is left for the caller to compute.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from services.retrieval.embedders.minilm.packed import BLOCK, MIDDLE, Packed, stacked

OPSET = 20
CONTRIB_DOMAIN = "com.microsoft"
CONTRIB_VERSION = 1
IR_VERSION = 10
BLOCKS_OF_ROWS = {"domain": CONTRIB_DOMAIN, "block_size": BLOCK, "quantize_axis": 1}
WORDS = "embeddings.word_embeddings.weight"
LAYER_NORM_EPSILON = 1e-12
MASKED = 50.0
"""Subtracted from an attention score: e to the power of -50 is nothing beside 1 in float32. Much more of it would make
numbers so small that processors take ten times as long for them."""

INT8_ACTIVATIONS = 4
"""The accuracy level at which products with packed matrices quantise each block of a row as well, as it comes."""

Tensor = NDArray[Any] | Packed


class _Graph:
    """Collects nodes and constants; a node is named after its only output."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def axes(self, *values: int) -> str:
        return self.constant("axes_" + "_".join(map(str, values)), np.array(values, np.int64))

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def plain(self, name: str) -> NDArray[Any]:
        tensor = self.tensors[name]
        if isinstance(tensor, Packed):
            raise TypeError(f"{name} is packed")
        return tensor

    def linear(self, source: str, names: Sequence[str], output: str) -> str:
        """The product with the weights of all names, side by side, and the sum with their biases."""
        weights = [self.tensors[f"{name}.weight"] for name in names]
        biases = np.concatenate([self.plain(f"{name}.bias") for name in names])
        packed = [weight for weight in weights if isinstance(weight, Packed)]
        if packed:
            return self.packed_linear(source, stacked(packed), biases, output)
        # Checkpoints store the transpose.
        weight = np.concatenate([weight.T for weight in weights if not isinstance(weight, Packed)], axis=1)
        product = self.node("MatMul", [source, self.constant(f"{output}.weight", weight)], f"{output}.product")
        return self.node("Add", [product, self.constant(f"{output}.bias", biases)], output)

    def packed_linear(self, source: str, weight: Packed, biases: NDArray[Any], output: str) -> str:
        outputs, inputs = weight.shape
        values = self.constant(f"{output}.weight", weight.pairs.reshape(outputs, inputs // BLOCK, -1))
        scales = self.constant(f"{output}.scale", weight.scales.astype(np.float32))
        sizes = {"K": inputs, "N": outputs, "bits": 4, "block_size": BLOCK}
        return self.node(
            "MatMulNBits",
            [source, values, scales, "", "", self.constant(f"{output}.bias", biases)],
            output,
            domain=CONTRIB_DOMAIN,
            accuracy_level=INT8_ACTIVATIONS,
            **sizes,
        )

    def word_table(self) -> list[str]:
        """The constants of the table of words."""
        table = self.tensors[WORDS]
        if not isinstance(table, Packed):
            return [self.constant("words", table)]
        # The operator wants numbers with a sign.
        signed = (table.pairs ^ (MIDDLE | MIDDLE << 4)).tobytes()
        self.constants["words"] = helper.make_tensor("words", TensorProto.INT4, table.shape, signed, raw=True)
        return ["words", self.constant("words.scale", table.scales)]

    def word(self, table: Sequence[str], places: str, output: str) -> str:
        words, *scale = table
        if not scale:
            return self.node("Gather", [words, places], output)
        self.node("GatherBlockQuantized", [words, places, *scale], f"{output}.half", **BLOCKS_OF_ROWS)
        return self.node("Cast", [f"{output}.half"], output, to=TensorProto.FLOAT)

    def layer_norm(self, source: str, name: str) -> str:
        scale = self.constant(f"{name}.weight", self.plain(f"{name}.weight"))
        shift = self.constant(f"{name}.bias", self.plain(f"{name}.bias"))
        return self.node("LayerNormalization", [source, scale, shift], name, axis=-1, epsilon=LAYER_NORM_EPSILON)


def build_graph(tensors: Mapping[str, Tensor], *, heads: int) -> onnx.ModelProto:
    """The model in float32, but for tensors that are packed.

    A token sees those of its own part and of part 0; with all tokens in part 0 this is BERT as it was trained.

    Inputs, int64 (batch, tokens): `input_ids`, `places` (positions), `parts` (-1: padding). Input, float32 (batch,
    vectors, tokens): `shares`, what each token counts in a vector.
    Output `embedding`: float32 (batch, vectors, hidden), L2-normalised.
    """
    graph = _Graph(tensors)
    hidden = tensors[WORDS].shape[1]
    is_packed = any(isinstance(tensor, Packed) for tensor in tensors.values())
    state = _embeddings(graph)
    penalty = _penalty(graph)
    layers = sum(name.endswith("attention.self.query.weight") for name in tensors)
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        context = _attention(graph, state, penalty, name, hidden, heads)
        attended = graph.linear(context, [f"{name}.attention.output.dense"], f"{name}.attention.output.dense")
        summed = graph.node("Add", [attended, state], f"{name}.attention.residual")
        state = graph.layer_norm(summed, f"{name}.attention.output.LayerNorm")
        inner = graph.linear(state, [f"{name}.intermediate.dense"], f"{name}.intermediate.dense")
        inner = graph.node("Gelu", [inner], f"{name}.gelu")
        outer = graph.linear(inner, [f"{name}.output.dense"], f"{name}.output.dense")
        summed = graph.node("Add", [outer, state], f"{name}.residual")
        state = graph.layer_norm(summed, f"{name}.output.LayerNorm")
    _pool(graph, state)
    return _model(graph, hidden, is_packed=is_packed)


def _embeddings(graph: _Graph) -> str:
    words = graph.word_table()
    # Every token here is of the first segment, so its type vector may be added to the positions once and for all.
    positions = graph.plain("embeddings.position_embeddings.weight")
    table = graph.constant("positions", positions + graph.plain("embeddings.token_type_embeddings.weight")[0])
    place = graph.node("Gather", [table, "places"], "place")
    word = graph.word(words, "input_ids", "word")
    return graph.layer_norm(graph.node("Add", [word, place], "embedded"), "embeddings.LayerNorm")


def _penalty(graph: _Graph) -> str:
    """0 where a token sees another, -MASKED where it does not; shape (batch, 1, tokens, tokens)."""
    seen = graph.node("Unsqueeze", ["parts", graph.axes(1)], "seen")
    own = graph.node("Equal", [seen, graph.node("Unsqueeze", ["parts", graph.axes(2)], "seeing")], "own")
    common = graph.node("Equal", [seen, graph.constant("part_0", np.zeros(1, np.int64))], "common")
    costs = [graph.constant(name, np.full(1, cost, np.float32)) for name, cost in (("free", 0.0), ("masked", -MASKED))]
    cost = graph.node("Where", [graph.node("Or", [own, common], "visible"), *costs], "cost")
    return graph.node("Unsqueeze", [cost, graph.axes(1)], "penalty")


def _attention(graph: _Graph, state: str, penalty: str, layer: str, hidden: int, heads: int) -> str:
    name = f"{layer}.attention.self"
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    # One product instead of three: the input is quantised once, and the matrix is large enough to be worth a kernel.
    joined = graph.linear(state, parts, f"{name}.joined")
    graph.nodes.append(helper.make_node("Split", [joined], parts, name=f"{name}.split", axis=-1, num_outputs=3))

    def per_head(part: str, order: Sequence[int]) -> str:
        shape = graph.constant("per_head", np.array([0, 0, heads, hidden // heads], np.int64))
        folded = graph.node("Reshape", [part, shape], f"{part}.folded")
        return graph.node("Transpose", [folded], f"{part}.heads", perm=order)

    query, key = per_head(parts[0], [0, 2, 1, 3]), per_head(parts[1], [0, 2, 3, 1])
    scale = graph.constant("attention_scale", np.array((hidden / heads) ** -0.5, np.float32))
    product = graph.node("MatMul", [query, key], f"{name}.product")
    scores = graph.node("Mul", [product, scale], f"{name}.scaled")
    shares = graph.node("Softmax", [graph.node("Add", [scores, penalty], f"{name}.scores")], f"{name}.shares", axis=-1)
    mixed = graph.node("MatMul", [shares, per_head(parts[2], [0, 2, 1, 3])], f"{name}.mixed")
    unfolded = graph.node("Transpose", [mixed], f"{name}.unfolded", perm=[0, 2, 1, 3])
    shape = graph.constant("all_heads", np.array([0, 0, hidden], np.int64))
    return graph.node("Reshape", [unfolded, shape], f"{name}.context")


def _pool(graph: _Graph, state: str) -> None:
    """The sum over the tokens; the mean would differ by a factor that the norm takes out again."""
    graph.node("LpNormalization", [graph.node("MatMul", ["shares", state], "total")], "embedding", axis=-1, p=2)


def _model(graph: _Graph, hidden: int, *, is_packed: bool) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "places", "parts")
    ]
    inputs.append(helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["batch", "vectors", "tokens"]))
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", "vectors", hidden])
    body = helper.make_graph(graph.nodes, "sentence_encoder", inputs, [output], list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET)]
    opsets += [helper.make_opsetid(CONTRIB_DOMAIN, CONTRIB_VERSION)] if is_packed else []
    model = helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="chatmount")
    onnx.checker.check_model(model)
    return model
