#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""load_onnx.py MODEL.onnx DATASET RESULTS: the exported graph, read by this file's own protocol-buffer reader, run node by node in numpy,
gives the outputs of kedge evaluate. Where Debian's python3-onnx is installed, its checker has to pass too."""
import math
import struct
import sys

import h5py
import numpy


def fields(data):
    """(number, value) of a message: integers, 4-byte floats, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 5:
            yield key >> 3, struct.unpack("<f", data[at:at + 4])[0]
            at += 4
        elif kind == 2:
            length = varint()
            yield key >> 3, data[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {kind}")


def all_of(data, number):
    return [value for field, value in fields(data) if field == number]


def tensor(data):
    assert all_of(data, 2) == [1], "float32"
    shape = all_of(data, 1)
    return all_of(data, 8)[0].decode(), numpy.frombuffer(all_of(data, 9)[0], "<f4").reshape(shape).astype("f8")


def attribute(data):
    values = dict(fields(data))
    return values[1].decode(), values[2] if values[20] == 1 else values[3]


model = open(sys.argv[1], "rb").read()
dataset, results = h5py.File(sys.argv[2]), h5py.File(sys.argv[3])
opset, = all_of(model, 8)
assert dict(fields(opset))[2] == 13
graph, = all_of(model, 7)
value = dict(tensor(t) for t in all_of(graph, 5))
group = results["models/000"]
column = int(numpy.argmin(abs(dataset["energy_ev"][()] - group.attrs["low_ev"])))
width = value["m0.input.shift"].size
value["spectrum"] = dataset["spectra"][()][group["row"][()]][:, column:column + width]
run = {
    "Sub": lambda a, b: a - b, "Add": lambda a, b: a + b, "Mul": lambda a, b: a * b, "Div": lambda a, b: a / b,
    "Relu": lambda a: numpy.maximum(a, 0), "Tanh": numpy.tanh, "Sqrt": numpy.sqrt, "Erf": numpy.vectorize(math.erf),
    "LeakyRelu": lambda a, alpha: numpy.where(a > 0, a, alpha * a), "Mean": lambda *a: sum(a) / len(a), "Sum": lambda *a: sum(a),
    "Gemm": lambda x, w, b, transB: x @ (w.T if transB else w) + b,
}
for node in all_of(graph, 1):
    operator = all_of(node, 4)[0].decode()
    options = dict(attribute(a) for a in all_of(node, 5))
    output, = all_of(node, 2)
    value[output.decode()] = run[operator](*[value[name.decode()] for name in all_of(node, 1)], **options)
outputs = [dict(fields(o))[1].decode() for o in all_of(graph, 12)]
expected = {"prediction": group["predicted"][()], "spread": group["spread"][()]}
worst = 0
for name in outputs:
    scale = abs(expected["prediction"]).max()
    worst = max(worst, abs(value[name] - expected[name]).max() / scale)
print(f"{sys.argv[1]}: {len(all_of(graph, 1))} nodes, outputs {outputs}, largest difference {worst:.1e}")
try:
    import onnx
    onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
    print(f"onnx {onnx.__version__}: checked, shapes inferred")
except ImportError:
    print("no python3-onnx: not checked by it")
sys.exit(not worst < 1e-5)  # float32 weights, and kedge's own FP32 arithmetic
