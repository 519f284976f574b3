"""Writes tests/fuzz/graphs/kernels.json: the operators of ONNX's own domain that onnxruntime's CPU provider has a kernel
for, with the element types of each type variable, and the operator set to write it at when the newest one that is
supported has no kernel."""

import json
import re
import sys
from pathlib import Path

import onnxruntime.capi.onnxruntime_pybind11_state as runtime

NEWEST = 26
NAMES = {"float": "float32", "double": "float64"}

OPEN_ENDED = 2**31 - 1
schema = json.loads(Path(__file__).parent.joinpath("../../proto/onnx-schema.json").read_text())["operators"][""]
found = [k for k in runtime.get_all_opkernel_def() if k.provider == "CPUExecutionProvider" and k.domain in ("", "ai.onnx")]


def fits(kernel, opset: int) -> bool:
    """Whether the kernel runs the operator as it stands at an operator set: one without an end runs the version it begins with."""
    since = max((v["since"] for v in schema[kernel.op_name] if v["since"] <= opset), default=0)
    first, last = kernel.version_range
    return since == first if last == OPEN_ENDED else first <= since <= last


kernels: dict[str, dict] = {}
for op in schema:
    for opset in range(NEWEST, 6, -1):
        fitting = [k for k in found if k.op_name == op and fits(k, opset)]
        if fitting:
            break
    else:
        continue
    entry: dict = {} if opset == NEWEST else {"opset": opset}
    for kernel in fitting:
        for variable, types in kernel.type_constraints.items():
            known = entry.setdefault(variable, [])
            for text in types:
                match = re.fullmatch(r"tensor\((\w+)\)", text)
                name = match and NAMES.get(match[1], match[1])
                if name and name not in known:
                    known.append(name)
    kernels[op] = entry

with open(sys.argv[1], "w") as out:
    lines = [f"{json.dumps(op)}: {json.dumps(kernels[op], sort_keys=True)}" for op in sorted(kernels)]
    out.write("{\n" + ",\n".join(lines) + "\n}\n")
