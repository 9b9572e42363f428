#!/usr/bin/env python3
"""Turn a float (or float16-weight) TFLite convolution network into ONNX, without TensorFlow.

Covers the operators of MediaPipe's face-mesh network: convolutions, PReLU, addition, max pooling,
padding, and the float16 weights that DEQUANTIZE expands. Anything else stops with the name of the
operator. TFLite tensors are NHWC; the ONNX graph is NCHW from its input on.

Needs `onnx`, `numpy` and `tflite`, a plain Python reading of the file's schema (see
requirements.txt). The output is the same to the byte every time.

usage: tflite_to_onnx.py IN.tflite OUT.onnx
"""

import argparse

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPSET = 13  # lowest opset with every operator used; all runtimes we target have it
IR_VERSION = 8
BATCH = 1
NCHW_FROM_NHWC = [0, 3, 1, 2]
DTYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 9: np.int8}
OPERATOR_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
PADDING_VALID = 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    args = parser.parse_args()

    with open(args.source, "rb") as source:
        converted = Conversion(source.read()).run()
    onnx.checker.check_model(converted, full_check=True)
    with open(args.target, "wb") as out:
        out.write(converted.SerializeToString(deterministic=True))


class Conversion:
    """One TFLite graph on its way to ONNX; `names` maps tensor numbers to ONNX value names."""

    def __init__(self, data):
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.shapes, self.constants = {}, {}
        for index in range(self.graph.TensorsLength()):
            self.read_tensor(index)
        self.inputs = [int(i) for i in self.graph.InputsAsNumpy()]
        self.outputs = [int(i) for i in self.graph.OutputsAsNumpy()]
        self.names = {i: "input" if len(self.inputs) == 1 else f"input_{i}" for i in self.inputs}
        self.nodes, self.initializers, self.count = [], {}, 0

    def read_tensor(self, index):
        tensor = self.graph.Tensors(index)
        self.shapes[index] = [int(n) for n in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []
        buffer = self.model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            flat = np.frombuffer(buffer.DataAsNumpy().tobytes(), DTYPES[tensor.Type()])
            self.constants[index] = flat.reshape(self.shapes[index])

    def run(self):
        for index in range(self.graph.OperatorsLength()):
            self.convert(self.graph.Operators(index))
        outputs = [self.output(i) for i in self.outputs]
        inputs = [
            helper.make_tensor_value_info(self.names[i], TensorProto.FLOAT, self.nchw_shape(i)) for i in self.inputs
        ]
        used = {name for node in self.nodes for name in node.input}
        tensors = [numpy_helper.from_array(a, n) for n, a in self.initializers.items() if n in used]
        graph = helper.make_graph(self.nodes, "tflite", inputs, outputs, tensors)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tflite_to_onnx_mini"
        )
        model.ir_version = IR_VERSION
        return model

    def convert(self, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        name = OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        converters = {
            "DEQUANTIZE": self.dequantize,
            "CONV_2D": self.convolution,
            "DEPTHWISE_CONV_2D": self.depthwise_convolution,
            "ADD": self.addition,
            "PRELU": self.prelu,
            "MAX_POOL_2D": self.max_pool,
            "PAD": self.pad,
        }
        if name not in converters:
            raise SystemExit(f"tflite_to_onnx: operator {name} is not supported; add a converter for it")
        inputs = [int(i) for i in operator.InputsAsNumpy()]
        result = converters[name](operator, inputs, int(operator.OutputsAsNumpy()[0]))
        if result is not None:
            self.names[int(operator.OutputsAsNumpy()[0])] = result

    # One method per operator: (operator, input numbers, output number) -> name of the ONNX value.

    def dequantize(self, _operator, inputs, output):
        if inputs[0] not in self.constants:
            return self.names[inputs[0]]
        self.constants[output] = self.constants[inputs[0]].astype(np.float32)
        return None

    def convolution(self, operator, inputs, _output):
        options = self.options(operator, tflite.Conv2DOptions)
        weight = self.constants[inputs[1]].astype(np.float32).transpose(0, 3, 1, 2)
        return self.convolve(options, inputs, weight, groups=1)

    def depthwise_convolution(self, operator, inputs, _output):
        options = self.options(operator, tflite.DepthwiseConv2DOptions)
        weight = self.constants[inputs[1]].astype(np.float32).transpose(3, 0, 1, 2)
        return self.convolve(options, inputs, weight, groups=self.shapes[inputs[0]][3])

    def convolve(self, options, inputs, weight, groups):
        kernel = weight.shape[2:]
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        operands = [self.names[inputs[0]], self.constant(weight, "w")]
        if len(inputs) > 2 and inputs[2] >= 0:
            operands.append(self.constant(self.constants[inputs[2]].astype(np.float32), "b"))
        value = self.add(
            "Conv",
            operands,
            kernel_shape=kernel,
            strides=strides,
            dilations=dilations,
            group=groups,
            pads=pads(self.shapes[inputs[0]], kernel, strides, dilations, options.Padding()),
        )
        return self.activation(value, options.FusedActivationFunction())

    def addition(self, operator, inputs, _output):
        options = self.options(operator, tflite.AddOptions)
        value = self.add("Add", [self.names[i] for i in inputs])
        return self.activation(value, options.FusedActivationFunction())

    def prelu(self, _operator, inputs, _output):
        slope = self.constants[inputs[1]].astype(np.float32)
        slope = slope.transpose(2, 0, 1) if slope.ndim == 3 else slope.reshape(-1, 1, 1)
        return self.add("PRelu", [self.names[inputs[0]], self.constant(slope, "alpha")])

    def max_pool(self, operator, inputs, _output):
        options = self.options(operator, tflite.Pool2DOptions)
        kernel = [options.FilterHeight(), options.FilterWidth()]
        strides = [options.StrideH(), options.StrideW()]
        value = self.add(
            "MaxPool",
            [self.names[inputs[0]]],
            kernel_shape=kernel,
            strides=strides,
            pads=pads(self.shapes[inputs[0]], kernel, strides, [1, 1], options.Padding()),
        )
        return self.activation(value, options.FusedActivationFunction())

    def pad(self, _operator, inputs, _output):
        amounts = self.constants[inputs[1]].astype(np.int64)[NCHW_FROM_NHWC]
        both_ends = np.concatenate([amounts[:, 0], amounts[:, 1]]).astype(np.int64)
        return self.add("Pad", [self.names[inputs[0]], self.constant(both_ends, "c")])

    # Building blocks.

    def activation(self, value, code):
        if code == tflite.ActivationFunctionType.NONE:
            return value
        if code == tflite.ActivationFunctionType.RELU:
            return self.add("Relu", [value])
        raise SystemExit(f"tflite_to_onnx: fused activation {code} is not supported")

    def options(self, operator, kind):
        options, table = kind(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def add(self, op_type, inputs, **attributes):
        name = self.unique(op_type.lower())
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=name, **attributes))
        return name

    def constant(self, array, prefix):
        name = self.unique(prefix)
        self.initializers[name] = np.ascontiguousarray(array)
        return name

    def unique(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    def output(self, index):
        """Name the graph's output as TFLite does."""
        name = self.graph.Tensors(index).Name().decode().replace("/", "_").replace(":", "_")
        self.add("Identity", [self.names[index]])
        self.nodes[-1].output[0] = name
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, self.nchw_shape(index))

    def nchw_shape(self, index):
        _batch, height, width, channels = self.shapes[index]
        return [BATCH, channels, height, width]


def pads(nhwc, kernel, strides, dilations, padding):
    """TFLite's SAME padding, [top, left, bottom, right]: the odd pixel goes to the far side."""
    if padding == PADDING_VALID:
        return [0, 0, 0, 0]
    ends = []
    for size, extent, stride, dilation in zip(nhwc[1:3], kernel, strides, dilations):
        outputs = -(-size // stride)
        total = max((outputs - 1) * stride + (extent - 1) * dilation + 1 - size, 0)
        ends.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = ends
    return [top, left, bottom, right]


if __name__ == "__main__":
    main()
