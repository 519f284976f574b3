"""Writes fixtures/quantized/linear.json: QuantizeLinear and DequantizeLinear in forms that onnxruntime has no kernels for, as onnx's reference evaluator computes them."""
import base64
import json
import os

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures/quantized/linear.json")
INTEGERS = ["INT2", "UINT2", "INT4", "UINT4", "INT8", "UINT8", "INT16", "UINT16"]
FLOATS = ["FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT4E2M1"]
REALS = ["FLOAT", "FLOAT16", "BFLOAT16"]
OPSET = 25
rng = np.random.default_rng(20)


def numpy_type(name):
    return helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))


def grain(kind, shape):
    if kind == "tensor":
        return (), {}
    axis = int(rng.integers(len(shape)))
    named = axis if rng.integers(2) else axis - len(shape)
    if kind == "axis":
        return (shape[axis],), {"axis": named}
    block = int(rng.integers(1, shape[axis]))
    return tuple(-(-n // block) if i == axis else n for i, n in enumerate(shape)), {"axis": named, "block_size": block}


def packed(array):
    proto = numpy_helper.from_array(np.asarray(array))
    if not proto.raw_data and array.size:
        raise TypeError(TensorProto.DataType.Name(proto.data_type))
    return [TensorProto.DataType.Name(proto.data_type), list(proto.dims), base64.b64encode(proto.raw_data).decode()]


def record(op, inputs, attributes):
    names = [f"x{i}" if v is not None else "" for i, v in enumerate(inputs)]
    node = helper.make_node(op, names, ["y"], **attributes)
    info = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in zip(names, inputs) if v is not None]
    graph = helper.make_graph([node], "g", info, [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    with np.errstate(all="ignore"):
        (out,) = ReferenceEvaluator(model).run(None, {n: v for n, v in zip(names, inputs) if v is not None})
    return {"op": op, "attributes": attributes, "inputs": [v if v is None else packed(v) for v in inputs], "output": packed(out)}


def bounds(name):
    info = ml_dtypes.iinfo(numpy_type(name))
    return int(info.min), int(info.max)


cases = []
for kind in ("tensor", "axis", "blocks"):
    for real in REALS:
        x_type = numpy_type(real)
        for name in INTEGERS + FLOATS:
            shape = [(3, 4, 6), (2, 17), (4, 2, 3, 2)][int(rng.integers(3))]
            scale_shape, attributes = grain(kind, shape)
            scale = rng.uniform(0.01, 0.2, scale_shape).astype(x_type)
            to = numpy_type(name)
            if name in INTEGERS:
                low, high = bounds(name)
                zero = rng.integers(max(low, -100), min(high, 100) + 1, scale_shape).astype(to)
                spread = 0.15 * min(high, 2000)
            else:
                zero, spread = np.zeros(scale_shape, to), 40.0
            x = rng.uniform(-spread, spread, shape).astype(x_type)
            if name in FLOATS[:4]:
                attributes["saturate"] = int(rng.integers(2))
                x.reshape(-1)[:3] = [np.inf, -np.inf, 2e5 if real != "FLOAT16" else 6e4]
            stated = bool(rng.integers(2))
            more = {} if stated else {"output_dtype": getattr(TensorProto, name)}
            if rng.integers(3) == 0:
                more["precision"] = int(TensorProto.FLOAT)
            cases.append(record("QuantizeLinear", [x, scale] + ([zero] if stated else []), {**attributes, **more}))
            element = rng.integers(*bounds(name), shape, endpoint=True).astype(to) if name in INTEGERS else rng.uniform(-4, 4, shape).astype(to)
            attributes.pop("saturate", None)
            target = {"output_dtype": int(TensorProto.FLOAT)} if rng.integers(3) == 0 else {}
            cases.append(record("DequantizeLinear", [element, scale] + ([zero] if rng.integers(2) else []), {**attributes, **target}))

os.makedirs(os.path.dirname(OUT), exist_ok=True)
with open(OUT, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", os.path.getsize(OUT), "bytes")
