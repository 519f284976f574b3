"""What onnx.shape_inference (data propagation on, strict mode off) knows of every value of ONNX's data sets (fixtures/onnx-*) when all
that the models declare of them is taken out: .cache/types.json, a text a value, and the counts in OUT.json when given.

    infer_types.py [OUT.json]
"""
import json
import os
import sys

import onnx
from onnx import shape_inference

import pack

DTYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64",
          15: "complex128", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2"}


def text(type):
    """As lapidary prints a type; `?` for what is not known."""
    kind = type.WhichOneof("value")
    if kind == "sequence_type":
        return f"sequence<{text(type.sequence_type.elem_type)}>"
    if kind == "optional_type":
        return f"optional<{text(type.optional_type.elem_type)}>"
    if kind == "map_type":
        return f"map<{DTYPES[type.map_type.key_type]}, {text(type.map_type.value_type)}>"
    if kind != "tensor_type" or type.tensor_type.elem_type == 0:
        return "?"
    tensor = type.tensor_type
    dims = ["..."] if not tensor.HasField("shape") else [str(d.dim_value) if d.HasField("dim_value") else (d.dim_param if d.dim_param and not d.dim_param.startswith("unk__") else "?") for d in tensor.shape.dim]
    return f"{DTYPES[tensor.elem_type]}[{', '.join(dims)}]"


def known(data):
    """Types by the names of the values that nodes of the main graph make; None when shape inference fails."""
    model = onnx.load_from_string(data)
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.ClearField("type")
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:
        inferred = model.graph
    types = {v.name: text(v.type) for v in [*inferred.value_info, *inferred.output]}
    held = {v.name for v in [*model.graph.input, *model.graph.initializer]}
    return {name: types.get(name, "?") for node in model.graph.node if node.op_type != "Constant" for name in node.output if name and name not in held}


def count(types):
    """How many values have no dtype, how many no rank, how many a size of which nothing is known."""
    return {"values": len(types), "noDtype": sum(t == "?" for t in types), "noRank": sum("[...]" in t for t in types),
            "unknownSize": sum("?" in t[1:] for t in types)}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    everything, counts = {}, {}
    for folder in ("onnx-node", "onnx-1.12", "onnx-models"):
        index, blob = pack.read(folder)
        if "base" in index:
            blob = pack.read(index["base"]["folder"])[1] + blob
        for test in index["tests"]:
            offset, size = test["model"]
            name = {"onnx-node": "node", "onnx-1.12": "node-1.12"}.get(folder, test.get("set"))
            everything.setdefault(name, {})[test["name"]] = known(blob[offset:offset + size])
    counts = {name: count([t for types in tests.values() for t in types.values()]) for name, tests in everything.items()}
    os.makedirs(os.path.join(here, ".cache"), exist_ok=True)
    with open(os.path.join(here, ".cache", "types.json"), "w") as f:
        json.dump(everything, f)
    lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c)}" for n, c in counts.items())
    result = f'{{"onnx": "{onnx.__version__}", "sets": {{\n{lines}\n}}}}\n'
    print(result, end="")
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", newline="\n") as f:
            f.write(result)


main()
