"""usage: compare_optimizers.py MODEL.onnx ... [--size NAME=N ...] [--value NAME=N ...] [--figures FILE.json]

`lapidary optimize` beside onnxsim and OnnxSlim, a row for each model: nodes (those of bodies and functions too) and bytes of each result (metadata apart, which
onnxsim drops), how many fused operators onnxruntime's extended optimizations find in the source and in lapidary's result, and the relative L2
error of source and result in onnxruntime against NAME.npz (outputs in double precision), else of the result against the source on seeded inputs (`--size` as in check_onnx.py; `--value` fills an input).
--figures puts the rows in place of those of the same models in FILE. Exits 1 when lapidary's result has more nodes or bytes than the better of the two, fewer fusions, or other outputs.
setup-optimizers.sh must have run; dist/ must be built.
"""
import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter

import numpy as np
import onnx
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, ".optimizers"))
import onnxsim  # noqa: E402
import onnxslim  # noqa: E402

from check_onnx import sample  # noqa: E402
from run_onnx import open_session  # noqa: E402

FUSED = ("Attention", "Gelu", "LayerNormalization")
LIMIT = 1e-5


def nodes_of(nodes):
    return sum(1 + sum(nodes_of(g.node) for a in node.attribute for g in [*([a.g] if a.HasField("g") else []), *a.graphs]) for node in nodes)


def measure(model):
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
    return {"nodes": nodes_of(graph.node) + sum(nodes_of(f.node) for f in model.functions), "bytes": model.ByteSize()}


def quietly(work):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return measure(work())
        except Exception as error:  # peers fail in several ways
            return {"error": str(error).splitlines()[0][:200]}


def fusions(path, folder):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = os.path.join(folder, "fused.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    counts = Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)
    return {kind: sum(n for op, n in counts.items() if kind in op) for kind in FUSED}


def relative(values, expected):
    """Relative L2 error; outputs that are below a hundredth throughout are judged by absolute rounding."""
    if any(x.shape != y.shape for x, y in zip(values, expected)):
        return float("inf")
    return max(float(np.linalg.norm(np.subtract(x, y, dtype=np.float64)) / max(np.linalg.norm(np.asarray(y, np.float64)), 0.01 * np.size(y) ** 0.5, 1e-30)) for x, y in zip(values, expected))


def errors(source, result, given, values):
    """Of the source (None where onnxruntime does not run it) and of the result, against outputs in double precision; without these, against the source."""
    a, b = open_session(source), open_session(result)
    data = os.path.splitext(source)[0] + ".npz"
    arrays = np.load(data) if os.path.exists(data) else {}
    place = "sample0/input%d" if "sample0/input0" in arrays else "input0" if "input0" in arrays else None
    rng, sizes = np.random.default_rng(0), dict(given)
    feeds = {i.name: arrays[place % n if "%" in place else place] if place else np.full_like(sample(i, sizes, rng), values[i.name]) if i.name in values else sample(i, sizes, rng) for n, i in enumerate(a.get_inputs())}
    try:
        before = a.run(None, feeds)
    except Exception:  # onnxruntime has more than one class of errors
        if not place:
            raise
        before = None
    after = b.run(None, feeds)
    known = [arrays[k] for k in sorted(arrays) if k.startswith(place[:-2].replace("input", "output"))] if place and "%" in place else [arrays["output0"]] if place else before
    rounded = lambda values: float(f"{relative(values, known):.2e}")  # noqa: E731
    return before and rounded(before), rounded(after)


def compare(path, folder, sizes, values):
    out = os.path.join(folder, "out.onnx")
    subprocess.run(["node", os.path.join(HERE, "../../dist/cli/lapidary.js"), "optimize", path, out], check=True, stdout=subprocess.DEVNULL)
    row = {"source": measure(onnx.load(path)), "lapidary": measure(onnx.load(out))}
    row["onnxsim"] = quietly(lambda: onnxsim.simplify(onnx.load(path))[0])
    row["OnnxSlim"] = quietly(lambda: onnxslim.slim(path))
    row["fusions"] = {"source": fusions(path, folder), "lapidary": fusions(out, folder)}
    row["relL2"] = dict(zip(("source", "lapidary"), errors(path, out, sizes, values)))
    peers = [row[p] for p in ("onnxsim", "OnnxSlim") if "error" not in row[p]]
    faults = [f"more {what} than a peer" for what in ("nodes", "bytes") if any(row["lapidary"][what] > p[what] for p in peers)]
    faults += [f"fewer {kind} in onnxruntime" for kind in FUSED if row["fusions"]["lapidary"][kind] < row["fusions"]["source"][kind]]
    if not row["relL2"]["lapidary"] <= max(LIMIT, 2 * (row["relL2"]["source"] or 0)):
        faults.append("other outputs")
    return {**row, "faults": faults}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--size", action="append", default=[])
    parser.add_argument("--value", action="append", default=[])
    parser.add_argument("--figures")
    args = parser.parse_args()
    sizes, values = ({k: int(v) for k, v in (s.rsplit("=", 1) for s in given)} for given in (args.size, args.value))
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in args.models:
            name = os.path.splitext(os.path.basename(path))[0]
            rows[name] = row = compare(path, folder, sizes, values)
            cell = lambda p: f"{row[p]['nodes']} / {row[p]['bytes']}" if "nodes" in row[p] else "fails"  # noqa: E731
            print(f"{name:34} source {cell('source'):>18}  onnxsim {cell('onnxsim'):>18}  OnnxSlim {cell('OnnxSlim'):>18}  lapidary {cell('lapidary'):>18}  "
                  f"fused {sum(row['fusions']['source'].values())} -> {sum(row['fusions']['lapidary'].values())}  relL2 {float('nan' if row['relL2']['source'] is None else row['relL2']['source']):.1e} -> {row['relL2']['lapidary']:.1e}  {'; '.join(row['faults'])}", flush=True)
    if args.figures:
        known = {}
        if os.path.exists(args.figures):
            with open(args.figures) as f:
                known = json.load(f)
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted({**known, **rows}.items())) + "\n}\n")
    raise SystemExit(any(row["faults"] for row in rows.values()))


if __name__ == "__main__":
    main()
