"""Runs ONNX's data sets (fixtures/onnx-*) in onnxruntime or in the reference evaluator of the onnx package and prints, as JSON, how
many tests pass and which do not. One set a process, so that the time is that of a whole run: Python's start, reading, preparing, running.

    run_conformance.py onnxruntime|reference SET          one set
    run_conformance.py --all OUT.json                     all sets in both, each in a process of its own
"""
import ctypes
import json
import os
import platform
import subprocess
import sys
import time
import warnings

import numpy as np

import pack

SETS = {"node": "onnx-node", "node-1.12": "onnx-1.12", "simple": "onnx-models", "pytorch-converted": "onnx-models", "pytorch-operator": "onnx-models", "light": "onnx-models"}
# int4, uint4, float4e2m1, int2, uint2
WIDTHS = {21: 4, 22: 4, 23: 4, 25: 2, 26: 2}
NARROW = set(WIDTHS)
RANDOM = {"test_bernoulli", "test_bernoulli_double", "test_bernoulli_seed"}


def load(name):
    """(test, cut) where cut gives the bytes of a place."""
    index, blob = pack.read(SETS[name])
    base, start = b"", 0
    if "base" in index:
        base = pack.read(index["base"]["folder"])[1]
        start = len(base)
    blob = base + blob if start else blob
    return [t for t in index["tests"] if t.get("set", name) == name], lambda place: blob[place[0]:place[0] + place[1]]


def decode(data, kind):
    import onnx
    from onnx import numpy_helper
    if kind == "tensor":
        return numpy_helper.to_array(onnx.TensorProto.FromString(data))
    if kind == "sequence":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind == "map":
        return numpy_helper.to_dict(onnx.MapProto.FromString(data))
    return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))


def differs(expected, actual, rtol, atol, random=False):
    """onnx's own rules (onnx.backend.test.runner), maps too."""
    if expected is None or actual is None:
        return None if expected is None and actual is None else "one holds nothing"
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or set(expected) != set(actual):
            return "other keys"
        return next((d for k in expected if (d := differs(np.asarray(expected[k]), np.asarray(actual[k]), rtol, atol))), None)
    if isinstance(expected, (list, tuple)):
        if not isinstance(actual, (list, tuple)) or len(expected) != len(actual):
            return "no sequence of as many"
        return next((d for e, a in zip(expected, actual) if (d := differs(e, a, rtol, atol))), None)
    expected, actual = np.asarray(expected), np.asarray(actual)
    if expected.shape != actual.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    if expected.dtype.kind in "OUST" or str(expected.dtype).startswith("Str"):
        return None if [str(x) for x in expected.flat] == [str(x) for x in actual.flat] else "other strings"
    if expected.dtype != actual.dtype:
        return f"dtype {actual.dtype}, not {expected.dtype}"
    if random:
        return None
    if expected.dtype.kind == "V" or expected.dtype.name.startswith(("bfloat", "float8", "float4", "int4", "uint4", "int2", "uint2", "float6")):
        rtol = max(rtol, 2**-6) if expected.dtype.name == "bfloat16" else rtol
        expected, actual = expected.astype(np.float32), actual.astype(np.float32)
    return None if np.allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=expected.dtype.kind in "fc") else "other values"


def names(graph):
    held = {t.name for t in graph.initializer}
    return [v.name for v in graph.input if v.name not in held]


class Reference:
    def __init__(self):
        from onnx.reference import ReferenceEvaluator
        self.make = ReferenceEvaluator

    def run(self, data, inputs):
        import onnx
        model = onnx.load_from_string(data)
        return self.make(model).run(None, dict(zip(names(model.graph), inputs)))


class Runtime:
    """Types that numpy lacks come out as their bits; of those that go in, the ones of whole bytes as bits, narrower ones as initializers."""
    def __init__(self, optimize=True):
        import onnxruntime
        self.ort, self.optimize = onnxruntime, optimize
        onnxruntime.set_default_logger_severity(4)

    def run(self, data, inputs):
        import onnx
        model = onnx.load_from_string(data)
        options = self.ort.SessionOptions()
        options.log_severity_level = 4
        if not self.optimize:
            options.graph_optimization_level = self.ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        kinds = {v.name: v.type.tensor_type.elem_type for v in model.graph.input}
        feeds = dict(zip(names(model.graph), inputs))
        narrow = {k: v for k, v in feeds.items() if kinds[k] in NARROW}
        if narrow:
            model.graph.initializer.extend(onnx.numpy_helper.from_array(v, k) for k, v in narrow.items())
            del model.graph.input[:]
            model.graph.input.extend(v for v in onnx.load_from_string(data).graph.input if v.name not in narrow)
            data = model.SerializeToString()
        session = self.ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        feeds = {k: v.astype(object) if isinstance(v, np.ndarray) and v.dtype.kind in "UT" else v for k, v in feeds.items() if k not in narrow}
        outside = [v.type.tensor_type.elem_type for v in model.graph.output]
        if all(k <= 15 for k in outside) and all(kinds[k] <= 15 for k in feeds):
            return session.run(None, feeds)
        value = self.ort.OrtValue
        given = {k: value.ortvalue_from_numpy(v) if kinds[k] <= 15 else value.ortvalue_from_numpy_with_onnx_type(np.ascontiguousarray(v).view(f"u{v.itemsize}"), kinds[k])
                 for k, v in feeds.items()}
        results = session.run_with_ort_values([o.name for o in session.get_outputs()], given)
        return [r.numpy() if kind <= 15 else bits(r, kind) for r, kind in zip(results, outside)]


def bits(value, kind):
    """The array in an OrtValue whose type numpy lacks."""
    import onnx
    tensor = onnx.TensorProto(data_type=kind, dims=value.shape())
    size = int(np.prod(value.shape(), dtype=np.int64))
    tensor.raw_data = ctypes.string_at(value.data_ptr(), -(-size * WIDTHS.get(kind, 8 * onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize) // 8))
    return onnx.numpy_helper.to_array(tensor)


def one(peer, name):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    runtime = Runtime() if peer == "onnxruntime" else Reference()
    tests, cut = load(name)
    failed = {}
    for test in tests:
        try:
            for data in test["sets"]:
                expected = [decode(cut(p), p[2]) for p in data["outputs"]]
                actual = runtime.run(cut(test["model"]), [decode(cut(p), p[2]) for p in data["inputs"]])
                random = any(test["name"] in (r, f"{r}_expanded") for r in RANDOM)
                wrong = next((d for e, a in zip(expected, actual) if (d := differs(e, a, test["rtol"], test["atol"], random))), None)
                if wrong:
                    failed[test["name"]] = wrong
        except BaseException as error:  # each runtime has its own kinds
            if isinstance(error, KeyboardInterrupt):
                raise
            failed[test["name"]] = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
    return {"total": len(tests), "passed": len(tests) - len(failed), "failed": failed}


def main():
    if sys.argv[1] != "--all":
        print(json.dumps(one(sys.argv[1], sys.argv[2])))
        return
    import onnx
    import onnxruntime
    # StringNormalizer asks for this locale
    locales = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache", "locale")
    os.makedirs(locales, exist_ok=True)
    subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", os.path.join(locales, "en_US.UTF-8")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    environment = {**os.environ, "LOCPATH": locales}
    sets = {name: {} for name in SETS}
    for name in SETS:
        for peer in ("onnxruntime", "reference"):
            start = time.time()
            done = subprocess.run([sys.executable, os.path.abspath(__file__), peer, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
            assert done.returncode == 0, f"{peer} {name}: {done.stderr[-2000:]}"
            result = json.loads(done.stdout.splitlines()[-1])
            sets[name]["total"] = result["total"]
            sets[name][peer] = {"passed": result["passed"], "seconds": round(time.time() - start, 1)}
            print(name, peer, sets[name][peer], file=sys.stderr)
    with open(sys.argv[2], "w", newline="\n") as f:
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(s)}" for n, s in sets.items())
        f.write(f'{{"onnx": "{onnx.__version__}", "onnxruntime": "{onnxruntime.__version__}", "python": "{platform.python_version()}", "sets": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main()
