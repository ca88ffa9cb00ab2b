"""Quantises products with constant matrices to int8; everything else stays float32.

Embedding tables stay as they are: they are looked up, not multiplied, and quantising them costs quality.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from services.retrieval.embedders.minilm.graph import CONTRIB_DOMAIN, CONTRIB_VERSION
from services.retrieval.embedders.minilm.ranges import Range, Ranges

WEIGHT_LIMIT = 64
"""Largest weight, where 127 would fit. x86 processors without VNNI add two products of an unsigned and a signed byte in
16 bits, saturating: 2 * 255 * 127 overflows there and ruins the vectors, 2 * 255 * 64 does not. The lost bit costs less
than a thousandth of cosine, and every processor computes the same vectors."""


def quantise(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """A copy of `model` with products of constant matrices in int8.

    Each MatMul with a constant matrix, and the Add of a constant that follows it, is one MatMulIntegerToFloat: weights
    int8 per output channel, activations uint8 within their range in `ranges`. KeyError when an activation has no range
    there.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    adds = {node.input[0]: node for node in graph.node if node.op_type == "Add" and node.input[1] in constants}
    nodes: list[onnx.NodeProto] = []
    replaced: dict[str, list[onnx.TensorProto]] = {}
    steps: list[onnx.TensorProto] = []
    fused: set[str] = set()
    for node in graph.node:
        if node.name in fused:
            continue
        add = adds.get(node.output[0])
        if node.op_type != "MatMul" or node.input[1] not in constants or add is None:
            nodes.append(node)
            continue
        source, weight = node.input
        scale, zero, quantised = (f"{source}.{part}" for part in ("scale", "zero", "uint8"))
        if quantised not in fused:
            steps += _steps(ranges[source], scale, zero)
            nodes.append(helper.make_node("QuantizeLinear", [source, scale, zero], [quantised], name=quantised))
            fused.add(quantised)
        values, scales = quantise_matrix(numpy_helper.to_array(constants[weight]))
        parts: dict[str, NDArray[Any]] = {f"{weight}.int8": values, f"{weight}.scale": scales}
        replaced[weight] = [numpy_helper.from_array(array, name) for name, array in parts.items()]
        fused.add(add.name)
        nodes.append(
            helper.make_node(
                "MatMulIntegerToFloat",
                [quantised, f"{weight}.int8", scale, f"{weight}.scale", zero, "", add.input[1]],
                [add.output[0]],
                name=add.output[0],
                domain=CONTRIB_DOMAIN,
            )
        )
    kept = [part for tensor in graph.initializer for part in replaced.get(tensor.name, [tensor])]
    body = helper.make_graph(nodes, graph.name, list(graph.input), list(graph.output), [*kept, *steps])
    opsets = [*model.opset_import, helper.make_opsetid(CONTRIB_DOMAIN, CONTRIB_VERSION)]
    return helper.make_model(body, opset_imports=opsets, ir_version=model.ir_version, producer_name=model.producer_name)


def quantise_matrix(matrix: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """`matrix` as int8 within ±WEIGHT_LIMIT, and one scale per output.

    Its shape is (inputs, outputs).
    """
    peaks = np.abs(matrix).max(axis=0)
    scales = (np.where(peaks > 0, peaks, 1.0) / WEIGHT_LIMIT).astype(np.float32)
    return np.round(matrix / scales).astype(np.int8), scales


def _steps(activation: Range, scale: str, zero: str) -> list[onnx.TensorProto]:
    """How far a step of the byte goes, and which byte stands for 0."""
    low, high = activation
    step = (high - low) / 255
    return [
        numpy_helper.from_array(np.array(step, np.float32), scale),
        numpy_helper.from_array(np.array(round(-low / step), np.uint8), zero),
    ]
