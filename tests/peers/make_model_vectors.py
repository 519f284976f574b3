"""Writes fixtures/onnx-models/ (the simple, pytorch-converted, pytorch-operator and light models of the onnx package) and, given
the data/ folder of Debian's libonnx-testdata (`apt-get download libonnx-testdata && dpkg -x libonnx-testdata_*.deb .`),
fixtures/onnx-1.12/ (the node tests of onnx 1.12, of many operator sets)."""
import glob
import os
import sys

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import DATA_DIR, load_model_tests
from onnx.backend.test.runner import Runner

from pack import Pack

KINDS = {"tensor_type": "tensor", "sequence_type": "sequence", "optional_type": "optional", "map_type": "map"}


def content(path):
    with open(path, "rb") as f:
        return f.read()


def fed(graph):
    held = {t.name for t in graph.initializer}
    return [v for v in graph.input if v.name not in held]


def read_as(data, info):
    """onnx 1.12 wrote bfloat16 tensors as their bits, in uint16."""
    if info.type.tensor_type.elem_type != onnx.TensorProto.BFLOAT16:
        return data
    tensor = onnx.TensorProto.FromString(data)
    assert tensor.data_type == onnx.TensorProto.UINT16, tensor.data_type
    tensor.data_type = onnx.TensorProto.BFLOAT16
    return tensor.SerializeToString(deterministic=True)


def fit(data, folder):
    """The model, its inputs declared with the sizes that they are fed: onnx 1.12's CastLike tests say others. And with the
    epsilon that its outputs were computed with, which onnx 1.12 forgot in one place and later releases have."""
    model = onnx.load_from_string(data)
    changed = os.path.basename(os.path.dirname(folder)) == "test_adam_multiple"
    if changed:
        model.graph.node[0].attribute.insert(2, onnx.helper.make_attribute("epsilon", 1e-2))
    for i, info in enumerate(fed(model.graph)):
        if info.type.WhichOneof("value") != "tensor_type":
            continue
        dims = [d.dim_value for d in info.type.tensor_type.shape.dim if d.HasField("dim_value")]
        fact = onnx.load_tensor(os.path.join(folder, f"input_{i}.pb")).dims
        if len(dims) == len(info.type.tensor_type.shape.dim) == 2 and len(fact) == 1 and info.name == "like":
            del info.type.tensor_type.shape.dim[1:]
            info.type.tensor_type.shape.dim[0].dim_value = fact[0]
            changed = True
    if changed:
        print("repaired:", os.path.basename(os.path.dirname(folder)))
    return model.SerializeToString(deterministic=True) if changed else data


def files(folder, side, infos):
    found = [os.path.join(folder, f"{side}_{i}.pb") for i in range(len(glob.glob(os.path.join(folder, f"{side}_*.pb"))))]
    assert len(found) <= len(infos), folder
    return [(read_as(content(f), info), KINDS[info.type.WhichOneof("value")]) for f, info in zip(found, infos)]


def add_folder(pack, folder, fields):
    model = fit(content(os.path.join(folder, "model.onnx")), os.path.join(folder, "test_data_set_0"))
    graph = onnx.load_from_string(model).graph
    if any(v.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16 for v in graph.output):
        fields = {**fields, "rtol": max(fields["rtol"], 2**-6)}  # as onnx's runner has it
    folders = sorted(glob.glob(os.path.join(folder, "test_data_set_*")), key=lambda d: int(d.rsplit("_", 1)[1]))
    pack.add({"name": os.path.basename(folder), **fields}, model,
             [{"inputs": files(d, "input", fed(graph)), "outputs": files(d, "output", graph.output)} for d in folders])


def add_light(pack, case):
    """A light model's input is what onnx's runner makes for it."""
    path = os.path.join(DATA_DIR, "light", os.path.basename(case.url))
    model = content(path)
    graph = onnx.load_from_string(model).graph
    inputs = [numpy_helper.from_array(Runner.generate_dummy_data(v)).SerializeToString(deterministic=True) for v in fed(graph)]
    outputs = [content(f"{os.path.splitext(path)[0]}_output_{i}.pb") for i in range(len(graph.output))]
    pack.add({"name": case.name, "set": "light", "rtol": case.rtol, "atol": case.atol}, model,
             [{"inputs": [(d, "tensor") for d in inputs], "outputs": [(d, "tensor") for d in outputs]}])


def main():
    pack = Pack()
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        for case in sorted(load_model_tests(kind=kind), key=lambda c: c.name):
            add_folder(pack, case.model_dir, {"set": kind, "rtol": case.rtol, "atol": case.atol})
    for case in sorted(load_model_tests(kind="real"), key=lambda c: c.name):
        if "/light/" in case.url:
            add_light(pack, case)
    pack.write("onnx-models", {"onnx": onnx.__version__},
               f"the {len(pack.tests)} simple, pytorch-converted, pytorch-operator and light models of the onnx package {onnx.__version__} (ONNX project, Apache-2.0).",
               "make_model_vectors.py")
    if len(sys.argv) > 1:
        old = Pack("onnx-node")
        for folder in sorted(glob.glob(os.path.join(sys.argv[1], "node", "test_*"))):
            add_folder(old, folder, {"rtol": 1e-3, "atol": 1e-7})
        old.write("onnx-1.12", {"onnx": "1.12.0"}, f"the {len(old.tests)} node test cases of onnx 1.12 in Debian's libonnx-testdata 1.12.0-2 (ONNX project, Apache-2.0); bfloat16 tensors, there written as uint16, have their own dtype, `like` inputs are declared with the sizes that they are fed, and test_adam_multiple states its epsilon, as in later releases.",
                  "make_model_vectors.py")


main()
