"""usage: compare_precision.py [NAME ...] [--quantize float16,dynamic,int4] [--runtimes tf,litert] [--kernels builtin] [--cli PATH] [--figures FILE.json]

Converts models of make_zoo.py and make_torchvision.py with lapidary's command line, with weights in fewer bits, and runs the files in TensorFlow's and
LiteRT's interpreters against the outputs beside the models (onnxruntime's; torch's for torchvision). For each model and precision: the relative L2
error of the worst output in each runtime, and the file's size as a share of the float32 one. Exits 1 when an error is above `limits`.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np

from compare_zoo import ROOT, command, turned

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = [os.path.join(HERE, ".cache", f) for f in ("zoo", "torchvision")]
# Of untrained weights, which are the hardest: their sums are noise, that each layer adds to. The kernels round the data too. Of int4 only that it runs.
limits = {"float32": 1e-5, "float16": 1e-2, "dynamic": 0.3}


def model_of(name):
    return next(p for p in (os.path.join(f, f"{name}.onnx") for f in FOLDERS) if os.path.exists(p))


def samples_of(path):
    """Inputs and outputs of each sample: several to a file of the zoo, `input0`, `output0`, `input1` ... of torchvision."""
    data = np.load(path[:-5] + ".npz")
    if "sample0/input0" not in data:
        return [([data[f"input{s}"]], [data[f"output{s}"]]) for s in range(2)]
    pick = lambda s, side: [data[f"sample{s}/{side}{i}"] for i in range(99) if f"sample{s}/{side}{i}" in data]
    return [(pick(s, "input"), pick(s, "output")) for s in range(2)]


def error_of(path, file, changes, runtime, kernels):
    import onnx

    from run_tflite import run

    graph = onnx.load(path, load_external_data=False).graph
    held = {t.name for t in graph.initializer}
    takes, gives = [v.name for v in graph.input if v.name not in held], [v.name for v in graph.output]
    worst = 0.0
    for inputs, outputs in samples_of(path):
        made = run(file, dict(zip(takes, turned(inputs, takes, changes["inputs"], False))), runtime, kernels, signature="serving_default")
        for expected, actual in zip(outputs, turned([made[n] for n in gives], gives, changes["outputs"], True), strict=True):
            a, b = expected.astype(np.float64), actual.astype(np.float64)
            if a.shape != b.shape:
                return f"{list(b.shape)} instead of {list(a.shape)}"
            worst = max(worst, float(np.linalg.norm(b - a) / max(np.linalg.norm(a), 1e-30)))
    return float(f"{worst:.2g}")


def row(name, args):
    path, out = model_of(name), os.path.join(HERE, ".cache", f"precision-{name}.tflite")
    result = {}
    for how in ["float32", *args.quantize.split(",")]:
        code, made, err, *_ = command(args.cli, "convert", path, out, "--json", *([] if how == "float32" else ["--quantize", how]))
        if code != 0:
            result[how] = {"error": err.strip().splitlines()[0][:200]}
            continue
        entry = result[how] = {"bytes": os.path.getsize(out)}
        for runtime in args.runtimes.split(","):
            for kernels in args.kernels.split(","):
                try:
                    entry[f"{runtime} {kernels}"] = error_of(path, out, json.loads(made)["changes"], runtime, kernels)
                except (Exception, SystemExit) as error:
                    entry[f"{runtime} {kernels}"] = str(error).strip().splitlines()[-1][:300]
        entry["size"] = round(entry["bytes"] / result["float32"]["bytes"], 3)
    if os.path.exists(out):
        os.remove(out)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quantize", default="float16,dynamic")
    parser.add_argument("--runtimes", default="tf,litert")
    parser.add_argument("--kernels", default="builtin")
    parser.add_argument("--cli", default=os.path.join(ROOT, "dist/cli/lapidary.js"))
    parser.add_argument("--figures")
    parser.add_argument("--row", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.row:
        print(json.dumps(row(args.names[0], args)))
        return
    names = args.names or sorted({f[:-5] for d in FOLDERS for f in os.listdir(d) if f.endswith(".onnx") and "dynamo" not in f and "qdq" not in f})
    rows, wrong = {}, []
    for name in names:
        # in a process of its own: an interpreter that dies takes one model with it
        same = ["--quantize", args.quantize, "--runtimes", args.runtimes, "--kernels", args.kernels, "--cli", args.cli]
        child = subprocess.run([sys.executable, __file__, name, "--row", *same], capture_output=True, text=True)
        last = child.stdout.strip().splitlines()[-1:]
        rows[name] = json.loads(last[0]) if child.returncode == 0 and last else {"float32": {"error": f"died: {child.returncode} {child.stderr[-300:]}"}}
        for how, entry in rows[name].items():
            errors = {k: v for k, v in entry.items() if " " in k or k == "error"}
            fine = all(isinstance(v, float) and v < limits.get(how, float("inf")) for v in errors.values())
            if not fine:
                wrong.append(f"{name} {how}")
            print(f"{name:30} {how:8} {'ok  ' if fine else 'FAIL'} {entry.get('size', '')} " + " ".join(f"{k} {v}" for k, v in errors.items()), flush=True)
    if args.figures:
        with open(args.figures, "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
    if wrong:
        sys.exit(f"not within the limits: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
