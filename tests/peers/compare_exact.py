"""usage: compare_exact.py NAME ... [--cli PATH] [--samples N] [--figures FILE.json]

How far runtimes are from a model of make_zoo.py computed exactly: relative L2 errors against lapidary's CPU executor in doubles (`--precision exact`), of
onnxruntime without and with graph optimizations, of the executor's fast arithmetic, and of the TFLite file that lapidary makes, in each interpreter. Where a model
amplifies float32's rounding, no two runtimes are within 1e-5 of each other. Samples are those beside the model and these shuffled; the mean and the greatest error are given.
Exits 1 when the TFLite file is on average further off than FACTOR times onnxruntime.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

from compare_zoo import ROOT, ZOO, command, samples_of, turned
from make_zoo import session_of
from run_tflite import run

RUNTIMES = [("litert", "builtin"), ("litert", "xnnpack"), ("tf", "builtin")]
LIMIT, FACTOR = 1e-5, 1.5


def shuffled(inputs, seed):
    random = np.random.default_rng(seed)
    return [random.permutation(x.ravel()).reshape(x.shape) for x in inputs]


def row(name, cli, count):
    path = os.path.join(ZOO, f"{name}.onnx")
    graph = onnx.load(path, load_external_data=False).graph
    held = {t.name for t in graph.initializer}
    takes, gives = [v.name for v in graph.input if v.name not in held], [v.name for v in graph.output]
    samples = [inputs for inputs, _ in samples_of(name)]
    samples += [shuffled(samples[n % 2], n) for n in range(count - len(samples))]
    errors = {}
    with tempfile.TemporaryDirectory() as folder:
        at = lambda file: os.path.join(folder, file)
        code, made, err, *_ = command(cli, "convert", path, at("model.tflite"), "--json")
        if code != 0:
            sys.exit(err.strip())
        changes = json.loads(made)["changes"]
        sessions = {"onnxruntime": session_of(path), "onnxruntime optimized": session_of(path, "ENABLE_ALL")}
        for inputs in samples:
            results = {}
            np.savez(at("feeds.npz"), **dict(zip(takes, inputs)))
            for precision in ["exact", "fast"]:
                subprocess.run(["node", cli, "run", path, "--feeds", at("feeds.npz"), "--precision", precision, "--output", at("out.npz")], check=True, stdout=subprocess.DEVNULL)
                results[precision] = [np.load(at("out.npz"))[n] for n in gives]
            exact = results.pop("exact")
            results |= {key: session.run(gives, dict(zip(takes, inputs))) for key, session in sessions.items()}
            for runtime, kernels in RUNTIMES:
                out = run(at("model.tflite"), dict(zip(takes, turned(inputs, takes, changes["inputs"], False))), runtime, kernels, signature="serving_default")
                results[f"{runtime} {kernels}"] = turned([out[n] for n in gives], gives, changes["outputs"], True)
            for key, outputs in results.items():
                far = [float(np.linalg.norm(a.astype(np.float64) - b) / max(np.linalg.norm(b.astype(np.float64)), 1e-30)) for a, b in zip(outputs, exact, strict=True)]
                errors.setdefault(key, []).append(max(far))
    return {key: [float(f"{n:.2g}") for n in (np.mean(far), max(far))] for key, far in errors.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cli", default=os.path.join(ROOT, "dist/cli/lapidary.js"))
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--figures")
    args = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    rows, wrong = {}, []
    for name in args.names:
        rows[name] = row(name, args.cli, args.samples)
        ours, theirs = (np.mean([r[0] for key, r in rows[name].items() if key.startswith(of)]) for of in (("litert", "tf"), ("onnxruntime",)))
        if ours > max(LIMIT, FACTOR * theirs):
            wrong.append(name)
        print(f"{name:30} " + "  ".join(f"{key} {mean:.1e} ({worst:.1e})" for key, (mean, worst) in rows[name].items()), flush=True)
    if args.figures:
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
    if wrong:
        sys.exit(f"further from exact than onnxruntime: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
