"""Writes proto/onnx-schema.json: the operator schemas that the onnx package registers, every version, without prose; and
proto/microsoft-schema.json: those that onnxruntime registers in com.microsoft, with the one it puts into ONNX's own domain.

A formal parameter's `type` is a key of `types` or a type itself. Absent: `option` = single, `homogeneous` = true,
`min` = 1 for a variadic, `maxInputs` / `maxOutputs` = unbounded, `type` names as ONNX writes them less a plain tensor's "tensor()".
"""
import json
import os

import numpy as np
import onnx
import onnxruntime
from onnx import AttributeProto, TensorProto, defs, helper, numpy_helper
from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../proto")
UNBOUNDED = 2**31 - 1
Option = defs.OpSchema.FormalParameterOption


def dtype(name):
    return name[len("tensor("):-1] if name.startswith("tensor(") else name


def number(value):
    """The shortest decimal that rounds to the same float32."""
    text = float(str(np.float32(value)))
    assert np.float32(text) == np.float32(value)
    return int(text) if text.is_integer() and abs(text) < 2**53 else text


def default(attribute):
    value = helper.get_attribute_value(attribute)
    kind = attribute.type
    if kind == AttributeProto.FLOAT:
        return number(value)
    if kind == AttributeProto.FLOATS:
        return [number(v) for v in value]
    if kind == AttributeProto.STRING:
        return value.decode()
    if kind == AttributeProto.STRINGS:
        return [v.decode() for v in value]
    if kind == AttributeProto.INT:
        return int(value)
    if kind == AttributeProto.INTS:
        return [int(v) for v in value]
    assert kind == AttributeProto.TENSOR, kind
    array = numpy_helper.to_array(value)
    return {"dtype": TensorProto.DataType.Name(value.data_type).lower(), "dims": list(value.dims), "data": array.ravel().tolist()}


def parameter(p, variables):
    name = p.type_str if p.type_str in variables else dtype(p.type_str)
    out = {"name": p.name, "type": name}
    if p.option == Option.Optional:
        out["option"] = "optional"
    if p.option == Option.Variadic:
        out["option"] = "variadic"
        if not p.is_homogeneous:
            out["homogeneous"] = False
        if p.min_arity != 1:
            out["min"] = p.min_arity
    return out


def schema(s):
    types = {c.type_param_str: sorted(dtype(t) for t in c.allowed_type_strs) for c in s.type_constraints}
    out = {"since": s.since_version}
    if s.deprecated:
        out["deprecated"] = True
    out["inputs"] = [parameter(p, types) for p in s.inputs]
    out["outputs"] = [parameter(p, types) for p in s.outputs]
    out["types"] = types
    attributes = {}
    for name, a in sorted(s.attributes.items()):
        entry = {"type": str(a.type).split(".")[-1].lower()}
        if a.required:
            entry["required"] = True
        if a.default_value.type != AttributeProto.UNDEFINED:
            entry["default"] = default(a.default_value)
        attributes[name] = entry
    out["attributes"] = attributes
    if s.has_function or s.has_context_dependent_function:
        out["function"] = True
    out["minInputs"] = s.min_input
    if s.max_input != UNBOUNDED:
        out["maxInputs"] = s.max_input
    out["minOutputs"] = s.min_output
    if s.max_output != UNBOUNDED:
        out["maxOutputs"] = s.max_output
    return out


def of_runtime(s):
    """A schema as onnxruntime tells it: the fewest repeats of a variadic parameter only through the total, defaults as bytes."""
    types = {c.type_param_str: sorted(dtype(t) for t in c.allowed_type_strs) for c in s.type_constraints}

    def parameters(all, least):
        out = []
        for p in all:
            name = p.typeStr if p.typeStr in types else dtype(p.typeStr)
            entry = {"name": p.name, "type": name}
            kind = str(p.option).split(".")[-1]
            if kind != "Single":
                entry["option"] = kind.lower()
            if kind == "Variadic":
                if not p.isHomogeneous:
                    entry["homogeneous"] = False
                if least - len(all) + 1 != 1:
                    entry["min"] = max(0, least - len(all) + 1)
            out.append(entry)
        return out

    attributes = {}
    for name, a in sorted(s.attributes.items()):
        entry = {"type": str(a.type).split(".")[-1].lower()}
        if a.required:
            entry["required"] = True
        if a._default_value:
            value = AttributeProto()
            value.ParseFromString(a._default_value)
            entry["default"] = default(value)
        attributes[name] = entry
    out = {"since": s.since_version, "inputs": parameters(s.inputs, s.min_input), "outputs": parameters(s.outputs, s.min_output), "types": types, "attributes": attributes}
    out["minInputs"] = s.min_input
    if s.max_input != UNBOUNDED:
        out["maxInputs"] = s.max_input
    out["minOutputs"] = s.min_output
    if s.max_output != UNBOUNDED:
        out["maxOutputs"] = s.max_output
    return out


def write(file, source, opsets, domains):
    compact = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    lines = ["{", f"{source},", f'"opsets":{compact(opsets)},', '"operators":{']
    for i, (domain, operators) in enumerate(sorted(domains.items())):
        lines.append(f"{compact(domain)}:{{")
        rows = [f"{compact(name)}:{compact(sorted(versions, key=lambda v: v['since']))}" for name, versions in sorted(operators.items())]
        lines.append(",\n".join(rows))
        lines.append("}" if i == len(domains) - 1 else "},")
    lines.append("}}")
    path = os.path.join(PROTO, file)
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(lines) + "\n")
    count = sum(len(o) for o in domains.values())
    versions = sum(len(v) for o in domains.values() for v in o.values())
    print(f"{file}: {count} operators, {versions} versions, {os.path.getsize(path)} bytes")


def main():
    domains = {}
    for s in defs.get_all_schemas_with_history():
        domains.setdefault(s.domain, {}).setdefault(s.name, []).append(schema(s))
    opsets = {domain: last for domain, (_, last) in sorted(defs.C.schema_version_map().items())}
    write("onnx-schema.json", f'"onnx":{json.dumps(onnx.__version__)}', opsets, domains)
    more = {}
    for s in get_all_operator_schema():
        if s.domain == "com.microsoft" or (s.domain == "" and s.name == "SimplifiedLayerNormalization"):
            more.setdefault(s.domain, {}).setdefault(s.name, []).append(of_runtime(s))
    write("microsoft-schema.json", f'"onnxruntime":{json.dumps(onnxruntime.__version__)}', {"com.microsoft": 1}, more)


main()
