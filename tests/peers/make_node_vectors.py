"""Writes fixtures/onnx-node/: every node test case of the onnx package (the model, its inputs, its expected outputs)."""
import sys
import warnings

import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import load_model_tests

from pack import Pack


def serialise(value, info):
    """The bytes and kind of the file that onnx's own data generator writes for one input or output."""
    kind = info.type.WhichOneof("value")
    if kind == "map_type":
        return numpy_helper.from_dict(value, info.name), "map"
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name), "sequence"
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name), "optional"
    assert kind == "tensor_type", kind
    return (value if isinstance(value, TensorProto) else numpy_helper.from_array(value, info.name)), "tensor"


def files(values, infos, name):
    assert len(values) <= len(infos), name
    made = (serialise(value, info) for value, info in zip(values, infos))
    return [(message.SerializeToString(deterministic=True), kind) for message, kind in made]


def main():
    warnings.simplefilter("ignore")
    cases = sorted(load_model_tests(kind="node"), key=lambda c: c.name)
    assert len({c.name for c in cases}) == len(cases)
    pack = Pack()
    for case in cases:
        graph = case.model.graph
        sets = [{"inputs": files(i, graph.input, case.name), "outputs": files(o, graph.output, case.name)} for i, o in case.data_sets]
        pack.add({"name": case.name, "rtol": case.rtol, "atol": case.atol}, case.model.SerializeToString(deterministic=True), sets)
    pack.write("onnx-node", {"onnx": onnx.__version__}, f"the {len(cases)} node test cases of the onnx package {onnx.__version__} (ONNX project, Apache-2.0).",
               "make_node_vectors.py", *(int(a) for a in sys.argv[1:2]))


main()
