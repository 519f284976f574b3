"""Holds the files of write_opsets.mjs against onnx.checker (with full shape inference) and onnxruntime: what these take of a model as ONNX
ships it they must take of it at another operator set, with the same outputs or those that ONNX states. What onnxruntime has no kernel for is counted, not judged.
Prints the counts and what is wrong; exits 1 when anything is.
"""
import collections
import json
import os
import re
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache", "onnx-opsets")
# random, each run another
RANDOM = re.compile("bernoulli|random|multinomial|dropout")
# onnxruntime says so of what it does not have
MISSING = re.compile("NOT_IMPLEMENTED|Could not find an implementation|under development|is not a registered|No opset import|Unsupported model IR|Opset .* is under|ai.onnx.preview|Type 'tensor|Type Error: Type")
onnxruntime.set_default_logger_severity(4)


def refusal(path):
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # the checker's own kinds are many
        return str(error).strip().splitlines()[0]
    return None


def value_of(path, kind):
    with open(path, "rb") as file:
        data = file.read()
    if kind == "tensor":
        return numpy_helper.to_array(onnx.TensorProto.FromString(data))
    if kind == "sequence":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))


def compute(path, feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return session.run(None, {i.name: f for i, f in zip(session.get_inputs(), feeds)})
    except Exception as error:  # as above
        return str(error).strip().splitlines()[0]


def same(a, b, rtol, atol):
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(same(x, y, rtol, atol) for x, y in zip(a, b))
    if a is None or b is None:
        return a is b
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


def main():
    with open(os.path.join(FOLDER, "index.json")) as file:
        index = json.load(file)
    counts, wrong, missing = collections.Counter(), [], collections.Counter()
    for test in index:
        name = test["name"]
        at = lambda opset: os.path.join(FOLDER, f"{name}.{opset}.onnx")
        known = refusal(os.path.join(FOLDER, f"{name}.onnx"))
        feeds = [value_of(os.path.join(FOLDER, f"{name}.{i}.pb"), kind) for i, kind in enumerate(test["inputs"])]
        stated = [value_of(os.path.join(FOLDER, f"{name}.{i}.out.pb"), kind) for i, kind in enumerate(test["outputs"])]
        expected = compute(os.path.join(FOLDER, f"{name}.onnx"), feeds)
        for opset in test["opsets"]:
            counts["written"] += 1
            why = refusal(at(opset))
            counts["accepted" if why is None else "refused, as the original is" if known else "refused"] += 1
            if why and not known:
                wrong.append(f"{name} at {opset}: checker: {why}")
            if isinstance(expected, str):
                counts["the original does not run"] += 1
                continue
            actual = compute(at(opset), feeds)
            if isinstance(actual, str):
                if MISSING.search(actual):
                    counts["no kernel"] += 1
                    missing[re.sub(r"node with name '[^']*'|\([^()]*\)", "", actual)[:120]] += 1
                else:
                    counts["fails"] += 1
                    wrong.append(f"{name} at {opset}: onnxruntime: {actual}")
                continue
            counts["ran"] += 1
            if RANDOM.search(name):
                continue
            # each step of a decomposition rounds to the narrow type
            narrow = any(getattr(e, "dtype", None) == np.float16 for e in expected)
            rtol, atol = max(test["rtol"], 2e-3 if narrow else 0), max(test["atol"], 1e-3 if narrow else 1e-6)
            # onnxruntime's own outputs of the original, or those that ONNX states
            if not all(same(e, a, rtol, atol) or same(s, a, rtol, atol) for e, s, a in zip(expected, stated, actual)):
                counts["other outputs"] += 1
                wrong.append(f"{name} at {opset}: other outputs")
    if "--missing" in sys.argv:
        for text, n in missing.most_common(40):
            print(f"{n:6} {text}")
    for text in wrong:
        print(text)
    print(", ".join(f"{k}: {v}" for k, v in counts.items()))
    return bool(wrong) or len(index) < 1884


sys.exit(main())
