"""Writes fixtures/onnx-node/: every node test case of the onnx package (the model, its inputs, its expected outputs).

vectors.br is one brotli stream; index.json gives the place of each file in the uncompressed bytes. Equal files are kept once.
"""
import hashlib
import json
import os
import sys
import time
import warnings

import brotli
import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import load_model_tests

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures/onnx-node")
QUALITY = int(sys.argv[1]) if len(sys.argv) > 1 else 11


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


def main():
    warnings.simplefilter("ignore")
    cases = sorted(load_model_tests(kind="node"), key=lambda c: c.name)
    assert len({c.name for c in cases}) == len(cases)
    blobs, digests, sizes = {}, {}, {}

    def put(message, order):
        data = message.SerializeToString(deterministic=True)
        key = hashlib.sha256(data).digest()
        if key not in blobs:
            blobs[key] = (order, data)
        return key, len(data)

    tests = []
    for case in cases:
        order = lambda part: (part, case.name)
        graph = case.model.graph
        model = put(case.model, order(0))
        sets = []
        for inputs, outputs in case.data_sets:
            entry = {}
            for side, values, infos in (("inputs", inputs, graph.input), ("outputs", outputs, graph.output)):
                assert len(values) <= len(infos), case.name
                entry[side] = []
                for value, info in zip(values, infos):
                    message, kind = serialise(value, info)
                    entry[side].append((*put(message, order(1)), kind))
            sets.append(entry)
        tests.append((case, model, sets))

    # models first, then data: each kind repeats itself, and names sort an operator's cases together
    offset, places, parts = 0, {}, []
    for key, (order, data) in sorted(blobs.items(), key=lambda b: b[1][0]):
        places[key] = offset
        parts.append(data)
        offset += len(data)
    blob = b"".join(parts)

    place = lambda ref: [places[ref[0]], *ref[1:]]
    lines = []
    for case, model, sets in tests:
        entry = {"name": case.name, "rtol": case.rtol, "atol": case.atol, "model": place(model),
                 "sets": [{side: [place(r) for r in refs] for side, refs in s.items()} for s in sets]}
        lines.append(json.dumps(entry, separators=(",", ":")))
    start = time.time()
    packed = brotli.compress(blob, quality=QUALITY, lgwin=24)
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "index.json"), "w", newline="\n") as f:
        f.write(f'{{"onnx":"{onnx.__version__}","bytes":{len(blob)},"tests":[\n' + ",\n".join(lines) + "\n]}\n")
    with open(os.path.join(OUT, "vectors.br"), "wb") as f:
        f.write(packed)
    sha = hashlib.sha256(packed).hexdigest()
    with open(os.path.join(OUT, "README.md"), "w", newline="\n") as f:
        f.write(f"Origin: the {len(tests)} node test cases of the onnx package {onnx.__version__} (ONNX project, Apache-2.0).\n"
                "How made: `tests/peers/make_node_vectors.py`; each model.onnx, input and output file as onnx's own generator writes it, in one brotli stream.\n"
                f"sha256 of vectors.br: {sha} ({len(packed)} bytes; uncompressed {len(blob)} bytes, {hashlib.sha256(blob).hexdigest()})\n")
    print(f"{len(tests)} tests, {len(blobs)} files, {len(blob)} bytes -> {len(packed)} bytes in {time.time() - start:.0f} s; {sha}")
    big = sorted(((sum(r[1] for s in sets for refs in s.values() for r in refs) + model[1], case.name) for case, model, sets in tests), reverse=True)
    print("largest:", ", ".join(f"{name} {size}" for size, name in big[:12]))


main()
