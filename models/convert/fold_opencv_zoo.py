#!/usr/bin/env python3
"""Turn an OpenCV Zoo `*_int8bq.onnx` file into a plain float32 ONNX file.

The zoo's block-quantised files keep 8-bit weights beside their scales and dequantise them while
running (opset 21, weights listed as graph inputs). ONNX Runtime refuses them as they are. What
happens here, in this order:

1. every DequantizeLinear, Reshape and Constant over constants is computed now;
2. Dropout, which does nothing at inference, is removed;
3. BatchNormalization is folded into the convolution or matrix product before it;
4. weights are no longer graph inputs, and the opset is lowered;
5. with --dynamic-hw the input may have any height and width (the YuNet detector).

Needs `onnx` and `numpy` (see requirements.txt). The output is the same to the byte every time.

usage: fold_opencv_zoo.py IN.onnx OUT.onnx [--dynamic-hw]
"""

import argparse

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 13  # lowest opset with every operator used; all runtimes we target have it
IR_VERSION = 8
BATCH_NORM_EPSILON = 1e-5  # the ONNX default


class Constants:
    """Named constant tensors, in the order they first appeared (the order decides the bytes)."""

    def __init__(self, initializers):
        self.arrays = {t.name: numpy_helper.to_array(t) for t in initializers}

    def __contains__(self, name):
        return name in self.arrays

    def __getitem__(self, name):
        return self.arrays[name]

    def put(self, name, array):
        self.arrays[name] = np.ascontiguousarray(array)

    def has_all(self, names):
        return all(name in self.arrays for name in names)

    def tensors(self, used):
        return [numpy_helper.from_array(a, n) for n, a in self.arrays.items() if n in used]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--dynamic-hw", action="store_true", help="let the input have any height and width")
    args = parser.parse_args()

    folded = fold(onnx.load(args.source), args.dynamic_hw)
    onnx.checker.check_model(folded, full_check=True)
    with open(args.target, "wb") as out:
        out.write(folded.SerializeToString(deterministic=True))


def fold(model, dynamic_hw):
    graph = model.graph
    constants = Constants(graph.initializer)
    nodes = compute_constant_nodes(graph.node, constants)
    nodes = without_dropout(nodes)
    nodes = fold_batch_norms(nodes, constants)

    used = {name for node in nodes for name in node.input}
    inputs = [i for i in graph.input if i.name not in constants and i.name in used]
    result = helper.make_graph(nodes, graph.name or "g", inputs, list(graph.output), constants.tensors(used))
    if dynamic_hw:
        free_height_and_width(result)
    folded = helper.make_model(
        result, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="fold_opencv_zoo"
    )
    folded.ir_version = IR_VERSION
    return folded


def compute_constant_nodes(nodes, constants):
    """Evaluate the nodes that depend on constants only; return the others."""
    remaining = []
    for node in nodes:
        foldable = node.op_type == "Constant" or constants.has_all(node.input)
        if foldable and node.op_type == "DequantizeLinear":
            constants.put(node.output[0], dequantize(node, constants))
        elif foldable and node.op_type == "Reshape":
            data, shape = (constants[name] for name in node.input)
            constants.put(node.output[0], data.reshape(shape.astype(int)))
        elif node.op_type == "Constant":
            constants.put(node.output[0], numpy_helper.to_array(node.attribute[0].t))
        else:
            remaining.append(node)
    return remaining


def dequantize(node, constants):
    """(q - zero_point) * scale, with scale and zero point per tensor, per axis or per block."""
    attributes = {a.name: a.i for a in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    quantised, scale = constants[node.input[0]], constants[node.input[1]]
    zero = constants[node.input[2]] if len(node.input) > 2 else np.zeros_like(scale, dtype=quantised.dtype)
    if block:
        scale, zero = (spread_blocks(t, axis, block, quantised.shape[axis]) for t in (scale, zero))
    elif scale.ndim == 1:
        shape = [1] * quantised.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    difference = quantised.astype(np.int32) - zero.astype(np.int32)
    return difference.astype(np.float32) * scale.astype(np.float32)


def spread_blocks(tensor, axis, block, length):
    """One value per block becomes one value per element; the last block may be cut short."""
    return np.take(np.repeat(tensor, block, axis=axis), range(length), axis=axis)


def without_dropout(nodes):
    alias, kept = {}, []
    for node in nodes:
        for k, name in enumerate(node.input):
            if name in alias:
                node.input[k] = alias[name]
        if node.op_type == "Dropout":
            alias[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    return kept


def fold_batch_norms(nodes, constants):
    """Fold each BatchNormalization into its Conv/Gemm where that feeds nothing else."""
    producer = {node.output[0]: node for node in nodes}
    consumers = {}
    for node in nodes:
        for name in node.input:
            consumers.setdefault(name, []).append(node)

    folded = set()
    for norm in (n for n in nodes if n.op_type == "BatchNormalization"):
        before = producer.get(norm.input[0])
        if before is None or before.op_type not in ("Conv", "Gemm") or len(consumers[norm.input[0]]) != 1:
            keep_inference_attributes(norm)
            continue
        fold_one(before, norm, constants)
        folded.add(id(norm))
    return [node for node in nodes if id(node) not in folded]


def fold_one(before, norm, constants):
    gamma, beta, mean, variance = (constants[name].astype(np.float64) for name in norm.input[1:5])
    factor = gamma / np.sqrt(variance + attribute(norm, "epsilon", "f", BATCH_NORM_EPSILON))
    weight = constants[before.input[1]].astype(np.float64)
    outputs_last = before.op_type == "Gemm" and not attribute(before, "transB", "i", 0)
    shape = [1, -1] if outputs_last else [-1] + [1] * (weight.ndim - 1)
    has_bias = len(before.input) > 2 and before.input[2]
    bias = constants[before.input[2]].astype(np.float64) if has_bias else np.zeros(len(factor))

    weight_name, bias_name = before.input[1] + "_bn", before.output[0] + "_bnbias"
    constants.put(weight_name, (weight * factor.reshape(shape)).astype(np.float32))
    constants.put(bias_name, ((bias - mean) * factor + beta).astype(np.float32))
    inputs = [before.input[0], weight_name, bias_name]
    del before.input[:]
    before.input.extend(inputs)
    before.output[0] = norm.output[0]


def keep_inference_attributes(norm):
    """The training-only attributes of newer opsets are not known to OPSET."""
    kept = [a for a in norm.attribute if a.name in ("epsilon", "momentum")]
    del norm.attribute[:]
    norm.attribute.extend(kept)


def attribute(node, name, field, default):
    return next((getattr(a, field) for a in node.attribute if a.name == name), default)


def free_height_and_width(graph):
    for tensor in graph.input:
        dims = tensor.type.tensor_type.shape.dim
        for index, name in ((2, "H"), (3, "W")):
            dims[index].Clear()
            dims[index].dim_param = name
    for tensor in graph.output:
        anchors = tensor.type.tensor_type.shape.dim[1]
        anchors.Clear()
        anchors.dim_param = "N_" + tensor.name.split("_")[-1]


if __name__ == "__main__":
    main()
